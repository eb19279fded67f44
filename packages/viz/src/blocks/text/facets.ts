import { axisOf, labelsOf } from "../../description/axes.ts";
import { type Description, NO_STATE } from "../../description/types.ts";
import type { TextOptions } from "../block.ts";
import { facetsGrid, facetsInWords } from "../facets-cells.ts";
import type { Facets } from "../facets-parts.ts";
import { matrixText } from "./matrix.ts";
import type { Matrix } from "../matrix-cells.ts";
import { paragraph, told } from "../../layout/paint.ts";

/** The first measure of each facet as a table of numbers; what stands in the largest in words. */
export function facetsText(d: Description, b: Facets, options: TextOptions): string {
  const [rows, cols] = [axisOf(d, b.rows), axisOf(d, b.cols)];
  const grid = facetsGrid(d, b, NO_STATE);
  const measure = b.measures?.[0];
  const values = Float32Array.from({ length: grid.rows * grid.cols }, (_, i) =>
    grid.value(Math.floor(i / grid.cols), i % grid.cols),
  );
  const title = measure?.name ?? "largest value";
  const scale = { type: "sequential", low: 0, high: Math.max(1e-9, ...values), stretch: 1, title } as const;
  const table: Matrix = {
    block: "matrix",
    id: b.id,
    rows: rows.name,
    cols: cols.name,
    scale: b.scale,
    values,
  };
  const own = { ...d, scales: { ...d.scales, [b.scale]: scale } };
  const count = `${labelsOf(rows).length} × ${labelsOf(cols).length} matrices`;
  return [
    ...told([count], options),
    matrixText(own, table, options),
    ...paragraph(facetsInWords(d, b, 2), options),
  ].join("\n");
}
