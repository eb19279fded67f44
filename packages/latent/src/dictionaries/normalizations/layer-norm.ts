import { add, div, mean, mul, sqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import type { RowNormalization } from "./normalization.ts";

/** Mean 0 and deviation 1, the deviation over one less than the values there are, as SAE Lens has it. */
export const layerNormRows: RowNormalization = {
  name: "layerNorm",
  before(rows) {
    const { centre, deviation } = momentsOf(rows);
    return div(sub(rows, centre), add(deviation, 1e-5));
  },
  after(decoded, rows) {
    const { centre, deviation } = momentsOf(rows);
    return add(mul(decoded, deviation), centre);
  },
};

function momentsOf(rows: Tensor): { readonly centre: Tensor; readonly deviation: Tensor } {
  const centre = mean(rows, -1, true);
  const [, width = 1] = rows.shape;
  const squares = sum(square(sub(rows, centre)), -1, true);
  return { centre, deviation: sqrt(div(squares, Math.max(1, width - 1))) };
}
