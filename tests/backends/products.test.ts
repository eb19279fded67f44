import { loadBackend } from "@hookdict/backends";
import {
  fill,
  fused,
  getBackend,
  grad,
  matMul,
  memory,
  randomNormal,
  sum,
  type Tensor,
  tensor1d,
  type Rank,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { take } from "../support/values.ts";

// The backends wasm and tensorflow replace the kernel of products; every backend must give the same.
const test = suite("products of matrices");

/** The product, summed in float64. */
function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const [x, y] = [a.dataSync(), b.dataSync()];
  const [firstA = 1, lastA = 1, firstB = 1, lastB = 1] = [...a.shape.slice(-2), ...b.shape.slice(-2)];
  const [rows, inner] = transposeA ? [lastA, firstA] : [firstA, lastA];
  const columns = transposeB ? firstB : lastB;
  const counts = [a.size / (rows * inner), b.size / (inner * columns)] as const;
  const out: number[] = [];
  for (let i = 0; i < Math.max(...counts); i++) {
    const [atA, atB] = [(i % counts[0]) * rows * inner, (i % counts[1]) * inner * columns];
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let total = 0;
        for (let k = 0; k < inner; k++) {
          const left = x[atA + (transposeA ? k * rows + row : row * inner + k)] ?? NaN;
          total += left * (y[atB + (transposeB ? column * inner + k : k * columns + column)] ?? NaN);
        }
        out.push(total);
      }
  }
  return out;
}

/** Sums of at most 600 products of normal numbers, in float32. */
const TOLERANCE = 3e-4;

const isClose = (got: readonly number[], want: readonly number[]): boolean =>
  got.length === want.length && got.every((value, i) => Math.abs(value - (want[i] ?? NaN)) < TOLERANCE);

/** Batch axes of both factors; then rows, inner size, columns. The large one is computed in several parts of each. */
const BATCHES = [
  [[], []],
  [[1], [1]],
  [[3], [3]],
  [
    [2, 3],
    [2, 3],
  ],
  [[3], [1]],
  [[1], [3]],
] as const;
const SIZES = [
  [2, 3, 4],
  [33, 40, 37],
  [70, 200, 5],
  [1, 39, 77],
  [1, 600, 6],
] as const;
const LARGE = [130, 600, 70] as const;

const nameOf = (batch: readonly number[], isTransposed: boolean): string =>
  `[${batch.join(", ")}]${isTransposed ? " transposed" : ""}`;

for (const [batchA, batchB] of BATCHES)
  for (const transposeA of [false, true])
    for (const transposeB of [false, true])
      test(`${nameOf(batchA, transposeA)} by ${nameOf(batchB, transposeB)}`, () => {
        for (const [rows, inner, columns] of batchA.length === 0 ? [...SIZES, LARGE] : SIZES) {
          const sizesA = transposeA ? [inner, rows] : [rows, inner];
          const sizesB = transposeB ? [columns, inner] : [inner, columns];
          const a = randomNormal([...batchA, ...sizesA], 0, 1, "float32", 1);
          const b = randomNormal([...batchB, ...sizesB], 0, 1, "float32", 2);
          const got = matMul(a, b, transposeA, transposeB);
          const outer = batchA.length > 0 && batchA[0] === 1 ? batchB : batchA;
          assert.equal(got.shape, [...outer, rows, columns]);
          assert.ok(isClose(take(got), product(a, b, transposeA, transposeB)));
          a.dispose();
          b.dispose();
        }
      });

test("a batch's gradient is that of its products", () => {
  const a = randomNormal([3, 40, 30], 0, 1, "float32", 3);
  const b = randomNormal([3, 30, 50], 0, 1, "float32", 4);
  const da = tidy(() => grad((x: Tensor) => sum(matMul(x, b)))(a));
  const ones = tidy(() => randomNormal([3, 40, 50], 1, 0));
  assert.ok(isClose(take(da), product(ones, b, false, true)));
  for (const tensor of [a, b, ones]) tensor.dispose();
});

/** Activations that can follow a product in one operation. */
const AFTER = {
  linear: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  relu6: (x: number) => Math.min(Math.max(x, 0), 6),
  elu: (x: number) => (x < 0 ? Math.exp(x) - 1 : x),
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  leakyrelu: (x: number) => (x < 0 ? x * 0.25 : x),
  prelu: (x: number) => (x < 0 ? x * 0.5 : x),
} as const;

for (const activation of Object.keys(AFTER) as (keyof typeof AFTER)[])
  test(`a bias is added to every row of a batch, and ${activation} comes after it`, () => {
    const a = randomNormal<Rank.R3>([2, 33, 40], 0, 1, "float32", 6);
    const b = randomNormal<Rank.R3>([2, 40, 37], 0, 1, "float32", 7);
    const [bias, half] = [randomNormal([37], 0, 1, "float32", 8), fill([37], 0.5)];
    const options = {
      activation,
      leakyreluAlpha: 0.25,
      ...(activation === "prelu" && { preluActivationWeights: half }),
    };
    const got = fused.matMul({ a, b, bias, ...options });
    const values = bias.dataSync();
    const sums = product(a, b, false, false).map((value, i) => value + (values[i % 37] ?? NaN));
    assert.ok(isClose(take(got), sums.map(AFTER[activation])));
    for (const tensor of [a, b, bias, half]) tensor.dispose();
  });

for (const transposeB of [false, true])
  test(`one row has its bias, by a ${transposeB ? "transposed " : ""}matrix of any width`, () => {
    for (const [inner, columns] of [
      [1, 1],
      [7, 3],
      [40, 37],
    ] as const) {
      const a = randomNormal<Rank.R2>([1, inner], 0, 1, "float32", 6);
      const b = randomNormal<Rank.R2>(transposeB ? [columns, inner] : [inner, columns], 0, 1, "float32", 7);
      const bias = randomNormal([columns], 0, 1, "float32", 8);
      const values = bias.dataSync();
      const want = product(a, b, false, transposeB).map((value, i) => value + (values[i] ?? NaN));
      assert.ok(isClose(take(fused.matMul({ a, b, bias, transposeB })), want));
      for (const tensor of [a, b, bias]) tensor.dispose();
    }
  });

test("no columns to add up give the bias, or zeros", () => {
  const [a, b, bias] = [zeros([3, 0]), zeros([0, 2]), tensor1d([5, 7])];
  const row = zeros([1, 0]);
  assert.equal(take(fused.matMul({ a: row, b, bias })), [5, 7]);
  assert.equal(take(matMul(a, b)), [0, 0, 0, 0, 0, 0]);
  assert.equal(take(fused.matMul({ a, b, bias })), [5, 7, 5, 7, 5, 7]);
  for (const tensor of [a, b, bias, row]) tensor.dispose();
});

test("products leave no memory behind, also when the backend is loaded again", async () => {
  await loadBackend({ backend: getBackend() === "tensorflow" ? "tfjs-node" : getBackend() });
  const a = randomNormal([4, 64, 64], 0, 1, "float32", 5);
  const before = memory();
  for (let i = 0; i < 3; i++) matMul(a, a, false, true).dispose();
  assert.is(memory().numDataBuffers, before.numDataBuffers);
  a.dispose();
});

test.run();
