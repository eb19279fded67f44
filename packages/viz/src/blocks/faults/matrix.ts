import type { Description } from "../../description/types.ts";
import { Faults } from "./faults.ts";
import type { Matrix } from "../matrix-cells.ts";

/** What does not fit in such a block. */
export function matrixFaults(d: Description, b: Matrix): readonly string[] {
  const found = new Faults(d, b);
  const sizes = [found.axis("rows", b.rows), found.axis("cols", b.cols)];
  found.scale(b.scale);
  if (b.from !== undefined) {
    if (!d.blocks.some(({ block, id }) => block === "facets" && id === b.from))
      found.add(`from names ${JSON.stringify(b.from)}, which is no block of facets`);
    return found.all;
  }
  found.count("values", b.values, sizes, true);
  found.count("low", b.low, sizes);
  found.count("high", b.high, sizes);
  found.count("text", b.text, sizes);
  found.count("details", b.details, sizes);
  if ((b.low === undefined) !== (b.high === undefined)) found.add("low and high go together");
  return found.all;
}
