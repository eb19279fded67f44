import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Table } from "../table.ts";

/** What does not fit in such a block. */
export function tableFaults(d: Description, b: Table): readonly string[] {
  const found = new Faults(d, b);
  const count = found.axis("axis", b.axis);
  for (const { title, values, texts } of b.columns)
    found.count(`the column ${JSON.stringify(title)}`, texts ?? values, [count], true);
  return found.all;
}
