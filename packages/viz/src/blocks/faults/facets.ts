import { fields, flag, listOf, maybe, numbers, string, type Fit } from "../../checks/fit.ts";
import { PAIR } from "../../checks/shapes.ts";
import type { Description } from "../../description/types.ts";
import type { Facets } from "../facets-parts.ts";
import { Faults } from "./faults.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  rows: string,
  cols: string,
  dest: string,
  src: string,
  scale: string,
  values: numbers,
  size: maybe(PAIR),
  measures: maybe(listOf(fields({ name: string, values: numbers }))),
  shown: maybe(PAIR),
  lower: maybe(flag),
};

/** What does not fit in such a block. */
export function facetsFaults(d: Description, b: Facets): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  const outer = [found.axis("rows", b.rows), found.axis("cols", b.cols)];
  const inner = [found.axis("dest", b.dest), found.axis("src", b.src)];
  found.scale(b.scale);
  found.count("values", b.values, [...outer, ...(b.size ?? inner)]);
  for (const measure of b.measures ?? [])
    found.count(`the measure ${JSON.stringify(measure.name)}`, measure.values, outer);
  return found.all;
}
