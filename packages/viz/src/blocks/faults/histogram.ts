import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Histogram } from "../histogram.ts";

/** What does not fit in such a block. */
export function histogramFaults(d: Description, b: Histogram): readonly string[] {
  const found = new Faults(d, b);
  found.count("edges", b.edges, [b.counts.length + 1], true);
  return found.all;
}
