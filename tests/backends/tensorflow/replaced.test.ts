import {
  add,
  cast,
  type DataType,
  dispose,
  grads,
  logSoftmax,
  matMul,
  mul,
  randomUniform,
  reshape,
  softmax,
  sum,
  type Tensor,
  tensor,
  tidy,
  transpose,
  variable,
  zeros,
} from "@tensorflow/tfjs-core";
import { suite } from "../../gate/suite.ts";
import { assertSameAsCpu } from "../../support/same-as-cpu.ts";

// TensorFlow.js's own operations whose kernels the native backend replaces, with their gradients, against cpu.
const test = suite("operations whose kernels the native backend replaces");

type Shape = readonly number[];

const some = (shape: Shape, seed: number, dtype: DataType = "float32"): Tensor =>
  cast(randomUniform([...shape], -3, 3, "float32", seed), dtype);

/** The values of an operation, and its gradients where the loss weighs every element otherwise. */
function same(name: string, shapes: readonly Shape[], fn: (...inputs: Tensor[]) => Tensor): void {
  test(name, () =>
    assertSameAsCpu(() =>
      tidy(() => {
        const inputs = shapes.map((shape, i) => some(shape, i + 1));
        const output = fn(...inputs);
        const loss = (...given: Tensor[]): Tensor => sum(mul(fn(...given), some(output.shape, 9)));
        return [output, ...grads(loss)(inputs)]; // a scalar
      }),
    ),
  );
}

const listed = (shapes: readonly Shape[]): string =>
  shapes.map((shape) => `[${shape.join(", ")}]`).join(" and ");

for (const shapes of [
  [[], []],
  [[4], [4]],
  [[2, 3], [3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[], [2, 3]],
  [
    [2, 3, 1, 2, 1, 2],
    [2, 3, 1, 2, 1, 2],
  ],
  [[0], [0]],
  [
    [2, 0, 3],
    [2, 0, 3],
  ],
  [[2, 0, 3], [3]],
  [[0, 3], []],
])
  same(`a sum of ${listed(shapes)}`, shapes, (a, b) => add(a, b));

same("a sum with itself", [[2, 3]], (x) => add(x, x));

for (const [a, b] of [
  ["int32", "int32"],
  ["bool", "int32"],
  ["int32", "float32"],
  ["float32", "bool"],
] as const)
  test(`a sum of ${a} and ${b}`, () =>
    assertSameAsCpu(() =>
      tidy(() => [add(some([2, 3], 1, a), some([2, 3], 2, b)), add(some([2, 3], 1, a), some([3], 2, b))]),
    ));

for (const shape of [[5], [1], [2, 3], [2, 3, 2, 4], [1, 2, 1, 2, 3], [3, 1], [0, 3], [2, 0]])
  same(`a softmax of [${shape.join(", ")}]`, [shape], (x) => softmax(x));

same("a softmax of an axis that is moved to the end", [[2, 3, 4]], (x) =>
  transpose(softmax(transpose(x, [0, 2, 1])), [0, 2, 1]),
);
same("a softmax of masked scores", [[2, 2, 3, 3]], (x) =>
  softmax(
    add(
      x,
      tensor([
        [0, -1e9, -1e9],
        [0, 0, -1e9],
        [0, 0, 0],
      ]),
    ),
  ),
);
same("a logarithm of a softmax", [[3, 4]], (x) => logSoftmax(x));

for (const [shape, perm] of [
  [[], []],
  [[3], [0]],
  [
    [2, 3],
    [1, 0],
  ],
  [
    [2, 3, 4],
    [0, 2, 1],
  ],
  [
    [2, 3, 4, 5],
    [0, 2, 1, 3],
  ],
  [
    [2, 3, 4, 5],
    [0, 2, 3, 1],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 0, 2],
  ],
  [
    [2, 1, 4, 1],
    [0, 2, 1, 3],
  ],
  [
    [0, 3, 4, 5],
    [0, 2, 1, 3],
  ],
  [
    [2, 3, 0, 5],
    [0, 2, 1, 3],
  ],
  [
    [2, 3, 4, 0],
    [0, 2, 1, 3],
  ],
  [
    [2, 3, 1, 2, 2],
    [0, 2, 1, 3, 4],
  ],
] as const)
  same(`axes of [${shape.join(", ")}] as ${perm.join(", ") || "they are"}`, [shape], (x) =>
    transpose(x, [...perm]),
  );

for (const dtype of ["int32", "bool", "complex64"] as const)
  test(`the middle axes of ${dtype} exchanged`, () =>
    assertSameAsCpu(() => tidy(() => transpose(some([2, 3, 4, 5], 1, dtype), [0, 2, 1, 3]))));

for (const [a, b, transposeA = false, transposeB = false] of [
  [
    [2, 3],
    [3, 4],
  ],
  [[3, 2], [3, 4], true],
  [[2, 3], [4, 3], false, true],
  [[3, 2], [4, 3], true, true],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [0, 3],
    [3, 4],
  ],
  [
    [2, 3],
    [3, 0],
  ],
  [
    [2, 0],
    [0, 4],
  ],
  [
    [2, 2, 3],
    [2, 3, 4],
  ],
  [
    [2, 0, 3],
    [2, 3, 4],
  ],
  [[1, 2, 4, 3], [1, 2, 4, 5], true],
] as const)
  same(
    `a product of ${listed([a, b])}${transposeA ? ", the first transposed" : ""}${transposeB ? ", the second transposed" : ""}`,
    [a, b],
    (x, y) => matMul(x, y, transposeA, transposeB),
  );

// TensorFlow.js has no gradients of these: they would have the shapes of the products. Those with more elements are large
// enough for the quicker product of two matrices, whatever axes of length 1 they have besides.
for (const [a, b] of [
  [
    [1, 2, 3],
    [5, 3, 4],
  ],
  [
    [1, 192, 160],
    [160, 160],
  ],
  [
    [1, 192, 160],
    [1, 1, 160, 160],
  ],
  [
    [192, 160],
    [1, 160, 160],
  ],
] as const)
  test(`a product of ${listed([a, b])}, stretched`, () =>
    assertSameAsCpu(() => tidy(() => matMul(some(a, 1), some(b, 2))), 10));

test("a large product of matrices in batches of one, and its gradients", () =>
  assertSameAsCpu(
    () =>
      tidy(() => {
        const inputs = [some([1, 192, 160], 1), some([1, 160, 160], 2)];
        const loss = (a: Tensor, b: Tensor): Tensor => sum(mul(matMul(a, b), some([1, 192, 160], 3)));
        return grads(loss)(inputs); // a scalar
      }),
    10,
  ));

test("products of integers", () =>
  assertSameAsCpu(() => tidy(() => matMul(some([2, 3], 1, "int32"), some([3, 4], 2, "int32")))));

same(
  "attention by hand",
  [
    [2, 5, 3, 4],
    [2, 5, 3, 4],
    [2, 5, 3, 4],
    [5, 5],
  ],
  (q, k, v, mask) => {
    const [queries, keys, values] = [q, k, v].map((each) => transpose(each, [0, 2, 1, 3]));
    const scores = add(mul(matMul(queries as Tensor, keys as Tensor, false, true), 0.5), mask);
    return reshape(transpose(matMul(softmax(scores), values as Tensor), [0, 2, 1, 3]), [2, 5, 12]);
  },
);

test("sums, softmaxes and transposes into variables, which outlive the step", () =>
  assertSameAsCpu(() => {
    const kept = tidy(() => variable(zeros([1, 2, 3, 2])));
    for (let step = 0; step < 3; step++)
      tidy(() => kept.assign(add(softmax(kept), transpose(some([1, 3, 2, 2], step), [0, 2, 1, 3]))));
    const result = kept.clone();
    dispose(kept);
    return result;
  }));

test.run();
