import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Tokens } from "../tokens.ts";

/** What does not fit in such a block. */
export function tokensFaults(d: Description, b: Tokens): readonly string[] {
  const found = new Faults(d, b);
  const count = found.axis("axis", b.axis);
  for (const { name, scale, values } of b.channels) {
    found.scale(scale);
    found.count(`the channel ${JSON.stringify(name)}`, values, [count], true);
  }
  return found.all;
}
