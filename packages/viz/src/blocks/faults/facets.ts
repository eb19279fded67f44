import type { Description } from "../../description/types.ts";
import type { Facets } from "../facets-parts.ts";
import { Faults } from "./faults.ts";

/** What does not fit in such a block. */
export function facetsFaults(d: Description, b: Facets): readonly string[] {
  const found = new Faults(d, b);
  const outer = [found.axis("rows", b.rows), found.axis("cols", b.cols)];
  const inner = [found.axis("dest", b.dest), found.axis("src", b.src)];
  found.scale(b.scale);
  found.count("values", b.values, [...outer, ...(b.size ?? inner)], true);
  for (const measure of b.measures ?? [])
    found.count(`the measure ${JSON.stringify(measure.name)}`, measure.values, outer);
  return found.all;
}
