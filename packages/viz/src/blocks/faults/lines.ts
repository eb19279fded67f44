import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Lines } from "../lines.ts";

/** What does not fit in such a block. */
export function linesFaults(d: Description, b: Lines): readonly string[] {
  const found = new Faults(d, b);
  const count = found.axis("x", b.x);
  found.scale(b.scale);
  for (const { name, values, low, high } of b.series) {
    found.count(`the series ${JSON.stringify(name)}`, values, [count], true);
    found.count(`low of ${JSON.stringify(name)}`, low, [count]);
    found.count(`high of ${JSON.stringify(name)}`, high, [count]);
  }
  return found.all;
}
