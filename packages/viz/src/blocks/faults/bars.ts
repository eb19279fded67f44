import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Bars } from "../bars.ts";

/** What does not fit in such a block. */
export function barsFaults(d: Description, b: Bars): readonly string[] {
  const found = new Faults(d, b);
  const count = found.axis("axis", b.axis);
  found.scale(b.scale);
  found.count("values", b.values, [count], true);
  found.count("low", b.low, [count]);
  found.count("high", b.high, [count]);
  return found.all;
}
