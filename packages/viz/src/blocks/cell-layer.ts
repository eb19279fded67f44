import { rampOf, rowScale, stepOf } from "../ink/scale.ts";
import type { Theme } from "../ink/theme.ts";
import type { Box } from "../layout/frame.ts";
import type { Layer } from "../layout/layer.ts";
import { poolTo } from "../layout/pool.ts";
import type { Matrix, MatrixParts } from "./matrix-cells.ts";

/** All cells, a pixel each, pooled to as many as are seen. */
export function cellLayer(
  b: Pick<Matrix, "values">,
  { scale, centre }: Pick<MatrixParts, "scale" | "centre">,
  counts: readonly [number, number],
  [[x, y, width, height], theme]: readonly [Box, Theme],
): { readonly layer: Layer; readonly by: readonly [number, number] } {
  const pooled = poolTo(b.values, counts, centre, [
    Math.max(1, Math.floor(height)),
    Math.max(1, Math.floor(width)),
  ]);
  const { values, rows, cols, by } = pooled;
  const bytes: Layer["bytes"] = (part) => {
    const indices = new Uint8Array(part.rows * part.cols);
    for (let r = 0; r < part.rows; r += 1) {
      const from = (part.row + r) * cols;
      const own = rowScale(scale, values, from, from + cols);
      for (let c = 0; c < part.cols; c += 1) {
        const step = stepOf(own, values[from + part.col + c] ?? Number.NaN);
        indices[r * part.cols + c] = step < 0 ? 255 : step;
      }
    }
    return indices;
  };
  // A last, partly filled cell of a pooled row is as wide as the others: it reaches beyond.
  const box: Box = [x, y, (width * cols * by[1]) / counts[1], (height * rows * by[0]) / counts[0]];
  return { layer: { box, rows, cols, palette: [...rampOf(scale, theme), theme.missing], bytes }, by };
}
