import { byName, fields, listOf, maybe, number, numbers, string, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Bands } from "../bands.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  x: string,
  scale: string,
  levels: numbers,
  values: numbers,
  outliers: maybe(listOf(fields({ x: number, value: number, label: string, at: maybe(byName(number)) }))),
};

/** What does not fit in such a block. */
export function bandsFaults(d: Description, b: Bands): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const count = found.axis("x", b.x);
  found.scale(b.scale);
  found.count("values", b.values, [count, b.levels.length]);
  for (const { x, label } of b.outliers ?? [])
    if (!(Number.isInteger(x) && x >= 0 && x < count))
      found.add(`the outlier ${JSON.stringify(label)} is at ${x} of ${count}`);
  return found.all;
}
