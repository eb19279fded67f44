import { concat, engine, matMul, randomNormal, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { expectClose } from "@hookdict/core/testing";
import { assert, suite } from "../../gate/suite.ts";

// Products of few rows are cut into tiles, of a depth and a width that depend on how many rows there are.
const test = suite("products of few rows on the native backend");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal([...shape], 0, 1, "float32", seed);

const times = (x: Tensor, weight: Tensor): Tensor =>
  engine().runKernel(
    "HookdictLinear",
    { x, weight },
    {
      columns: 1,
      heads: 0,
    },
  ) as unknown as Tensor; // it gives one

/** Sums of so many products in two orders. */
const TOLERANCE = { atol: 2e-4 };

// Widths and depths that tiles divide, and that they do not; matrices that threads share by rows, by columns and by both.
for (const [dIn, dOut] of [
  [1, 1],
  [8, 16],
  [15, 17],
  [37, 1040],
  [400, 530],
  [768, 96],
  [131, 2101],
  [9, 60001],
] as const)
  for (const rows of [1, 2, 3, 4, 5, 6, 7, 8])
    check(`${rows} rows by [${dIn}, ${dOut}]`, () => {
      const x = normal([rows, dIn], 1);
      const weight = normal([dIn, dOut], 2);
      const got = times(x, weight);
      // Nine rows and more are TensorFlow's.
      const padded = concat([x, normal([9, dIn], 3)], 0);
      expectClose(got, slice(matMul(padded, weight), [0, 0], [rows, dOut]), TOLERANCE);
      const each = Array.from({ length: rows }, (_, row) => times(slice(x, [row, 0], [1, dIn]), weight));
      assert.equal(got.dataSync(), concat(each, 0).dataSync(), "a row's is the same alone");
    });

for (const dIn of [3, 16, 50, 768])
  for (const rows of [1, 2, 3, 7, 8])
    check(`${rows} rows by [${dIn}, 29], transposed`, () => {
      const x = normal([rows, dIn], 1);
      const matrix = normal([29, dIn], 2);
      const got = matMul(x, matrix, false, true);
      const padded = concat([x, normal([9, dIn], 3)], 0);
      expectClose(got, slice(matMul(padded, matrix, false, true), [0, 0], [rows, 29]), TOLERANCE);
    });

test.run();
