import { refClone } from "@hookdict/tensordict/tensors";
import { add, cast, div, equal, mul, norm, type Tensor } from "@tensorflow/tfjs-core";
import type { RowNormalization } from "./normalization.ts";

/** Rows as long as the root of their width. A row of zeros has no direction, and stays. */
export const constantNormRows: RowNormalization = {
  name: "constantNorm",
  before: (rows) => div(rows, scaleOf(rows)),
  after: (decoded, rows) => mul(decoded, scaleOf(rows)),
};

function scaleOf(rows: Tensor): Tensor {
  const [, width = 1] = rows.shape;
  const scale = div(norm(rows, "euclidean", -1, true), Math.sqrt(width));
  return add(scale, cast(equal(refClone(scale), 0), "float32"));
}
