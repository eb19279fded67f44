import { fields, listOf, maybe, numbers, string, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Lines } from "../lines.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  x: string,
  scale: string,
  series: listOf(fields({ name: string, values: numbers, low: maybe(numbers), high: maybe(numbers) })),
};

/** What does not fit in such a block. */
export function linesFaults(d: Description, b: Lines): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const count = found.axis("x", b.x);
  found.scale(b.scale);
  for (const { name, values, low, high } of b.series) {
    found.count(`the series ${JSON.stringify(name)}`, values, [count]);
    found.count(`low of ${JSON.stringify(name)}`, low, [count]);
    found.count(`high of ${JSON.stringify(name)}`, high, [count]);
  }
  return found.all;
}
