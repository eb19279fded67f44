import { fields, listOf, maybe, numbers, string, strings, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Table } from "../table.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  axis: string,
  columns: listOf(fields({ title: string, values: maybe(numbers), texts: maybe(strings) })),
};

/** What does not fit in such a block. */
export function tableFaults(d: Description, b: Table): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const count = found.axis("axis", b.axis);
  for (const { title, values, texts } of b.columns) {
    const name = `the column ${JSON.stringify(title)}`;
    if (texts === undefined && values === undefined) found.add(`${name} has no values and no texts`);
    else found.count(name, texts ?? values, [count]);
  }
  return found.all;
}
