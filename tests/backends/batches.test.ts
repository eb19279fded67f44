import {
  expandDims,
  matMul,
  mul,
  randomNormal,
  sum,
  type Tensor,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

// TensorFlow.js's own kernels get these wrong on every backend but TensorFlow's; the package's are right.
const test = suite("batches of products");

const nameOf = (batch: readonly number[], isTransposed: boolean): string =>
  `[${batch.join(", ")}]${isTransposed ? " transposed" : ""}`;

for (const [batchA, batchB, outer] of [
  [
    [3, 1],
    [1, 5],
    [3, 5],
  ],
  [[3, 1], [5], [3, 5]],
  [
    [2, 1],
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1, 3],
    [4, 1],
    [2, 4, 3],
  ],
] as const)
  for (const isTransposed of [false, true])
    test(`${nameOf(batchA, isTransposed)} by ${nameOf(batchB, isTransposed)}: batches that repeat along other axes`, async () => {
      const a = randomNormal([...batchA, ...(isTransposed ? [4, 2] : [2, 4])], 0, 1, "float32", 1);
      const b = randomNormal([...batchB, ...(isTransposed ? [3, 4] : [4, 3])], 0, 1, "float32", 2);
      // Every product of two numbers apart: broadcasting of `mul` is right everywhere.
      const [rows, columns] = isTransposed ? [swapLast(a), swapLast(b)] : [a.clone(), b.clone()];
      const want = tidy(() => sum(mul(expandDims(rows, -1), expandDims(columns, -3)), -2));
      const got = matMul(a, b, isTransposed, isTransposed);
      assert.equal(got.shape, [...outer, 2, 3]);
      const [values, wanted] = await Promise.all([got.data(), want.data()]);
      assert.ok(values.every((value, i) => Math.abs(value - (wanted[i] ?? NaN)) < 1e-5));
      for (const each of [a, b, rows, columns, got, want]) each.dispose();
    });

/** The matrices transposed. */
function swapLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

test.run();
