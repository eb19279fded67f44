import { fields, listOf, maybe, number, numbers, string, type Fit } from "../../checks/fit.ts";
import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Histogram } from "../histogram.ts";

const SHAPE: Readonly<Record<string, Fit>> = {
  edges: numbers,
  counts: numbers,
  title: string,
  marks: maybe(listOf(fields({ value: number, label: string }))),
};

/** What does not fit in such a block. */
export function histogramFaults(d: Description, b: Histogram): readonly string[] {
  const found = new Faults(d, b);
  if (!found.fits(SHAPE)) return found.all;
  found.count("edges", b.edges, [b.counts.length + 1]);
  return found.all;
}
