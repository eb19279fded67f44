import { fields, flag, listOf, maybe, number, numbers, string, strings, type Fit } from "../../checks/fit.ts";
import { PAIR, DETAILS } from "../../checks/shapes.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Matrix } from "../matrix-cells.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  rows: string,
  cols: string,
  scale: string,
  title: maybe(string),
  values: numbers,
  low: maybe(numbers),
  high: maybe(numbers),
  text: maybe(strings),
  details: maybe(DETAILS),
  also: maybe(listOf(fields({ name: string, values: numbers }))),
  lower: maybe(flag),
  quiet: maybe(number),
  pooled: maybe(PAIR),
  from: maybe(string),
  arcs: maybe(flag),
};

/** What does not fit in such a block. */
export function matrixFaults(d: Description, b: Matrix): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const sizes = [found.axis("rows", b.rows), found.axis("cols", b.cols)];
  found.scale(b.scale);
  if (b.from !== undefined) {
    if (!d.blocks.some(({ block, id }) => block === "facets" && id === b.from))
      found.add(`from names ${JSON.stringify(b.from)}, which is no block of facets`);
    return found.all;
  }
  found.count("values", b.values, sizes);
  found.count("low", b.low, sizes);
  found.count("high", b.high, sizes);
  found.count("text", b.text, sizes);
  found.count("details", b.details, sizes);
  for (const { name, values } of b.also ?? []) found.count(`also, ${name},`, values, sizes);
  if ((b.low === undefined) !== (b.high === undefined)) found.add("low and high go together");
  return found.all;
}
