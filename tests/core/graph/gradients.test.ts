import { hookGraph } from "@hookdict/core/graph";
import {
  engine,
  equal,
  getBackend,
  getKernel,
  grads,
  greater,
  less,
  lessEqual,
  mul,
  notEqual,
  range,
  reshape,
  sin,
  sub,
  sum,
  type Tensor,
  tidy,
  where,
} from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain } from "./models.ts";

const test = suite("gradients that TensorFlow.js lacks");

/** Largest difference of a slope measured in float32 over a step of 0.02 from the true one, for these functions. */
const TOLERANCE = 5e-3;
const STEP = 1e-2;

interface Case {
  readonly kernel: string;
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly fn: (...inputs: Tensor[]) => Tensor;
}

/** Distinct values, so that an element in a wrong place shows. */
function inputs(shapes: Case["shapes"]): Tensor[] {
  return shapes.map((shape, n) => {
    const size = shape.reduce((all, length) => all * length, 1);
    return tidy(() => reshape(sin(mul(range(1, size + 1, 1, "float32"), 1.7 + n)), [...shape]));
  });
}

/** A loss in which each output has a weight of its own. */
function loss(fn: Case["fn"], values: Tensor[]): Tensor {
  const output = fn(...values);
  const weights = sin(range(1, output.size + 1, 1, "float32"));
  return sum(mul(mul(output, output), reshape(weights, output.shape)));
}

function check({ fn, shapes }: Case): void {
  const given = inputs(shapes);
  const found = tidy(() => grads((...values: Tensor[]) => loss(fn, values))(given));
  for (const [n, gradient] of found.entries()) {
    assert.equal(gradient.shape, given[n]?.shape);
    const measured = Array.from({ length: gradient.size }, (_, i) => slope(fn, given, n, i));
    for (const [i, value] of take(gradient).entries())
      assert.ok(
        Math.abs(value - (measured[i] ?? 0)) < TOLERANCE,
        `input ${n}, ${i}: ${value}, measured ${measured[i]}`,
      );
  }
  for (const tensor of given) tensor.dispose();
}

function slope(fn: Case["fn"], given: readonly Tensor[], n: number, i: number): number {
  const at = (step: number): number =>
    tidy(() => {
      const moved = given.map((tensor, m) => {
        const values = tensor.dataSync().slice();
        if (m === n) values[i] = (values[i] ?? 0) + step;
        return tf.tensor(values, tensor.shape);
      });
      return loss(fn, moved).dataSync()[0] ?? Number.NaN;
    });
  return (at(STEP) - at(-STEP)) / (2 * STEP);
}

const cases: readonly Case[] = [
  {
    kernel: "StridedSlice",
    name: "with steps",
    shapes: [[5, 4]],
    fn: (x) => tf.stridedSlice(x, [1, 0], [5, 4], [2, 3]),
  },
  {
    kernel: "StridedSlice",
    name: "backwards",
    shapes: [[5, 4]],
    fn: (x) => tf.stridedSlice(x, [4, 3], [0, 0], [-3, -1]),
  },
  {
    kernel: "StridedSlice",
    name: "with an ellipsis, a new axis and a dropped one",
    shapes: [[2, 3, 4]],
    fn: (x) => tf.stridedSlice(x, [0, 0, 1], [0, 0, 2], [1, 1, 1], 0, 0, 2, 1, 4),
  },
  {
    kernel: "StridedSlice",
    name: "with negative ends and masks",
    shapes: [[4, 3]],
    fn: (x) => tf.stridedSlice(x, [-3, 1], [-1, 0], [1, 1], 0, 2),
  },
  {
    kernel: "Einsum",
    name: "ij,jk->ik",
    shapes: [
      [2, 3],
      [3, 2],
    ],
    fn: (a, b) => tf.einsum("ij,jk->ik", a, b),
  },
  {
    kernel: "Einsum",
    name: "bqd,bkd->bqk",
    shapes: [
      [2, 2, 3],
      [2, 3, 3],
    ],
    fn: (a, b) => tf.einsum("bqd,bkd->bqk", a, b),
  },
  { kernel: "Einsum", name: "ij->ji", shapes: [[2, 3]], fn: (a) => tf.einsum("ij->ji", a) },
  { kernel: "Einsum", name: "ij->j", shapes: [[2, 3]], fn: (a) => tf.einsum("ij->j", a) },
  { kernel: "Einsum", name: "i,i->", shapes: [[3], [3]], fn: (a, b) => tf.einsum("i,i->", a, b) },
  {
    kernel: "GatherNd",
    name: "with an element taken twice",
    shapes: [[3, 2]],
    fn: (x) =>
      tf.gatherND(
        x,
        tf.tensor2d(
          [
            [1, 0],
            [2, 1],
            [1, 0],
          ],
          [3, 2],
          "int32",
        ),
      ),
  },
  {
    kernel: "ScatterNd",
    name: "with two updates in one place",
    shapes: [[3, 2]],
    fn: (x) => tf.scatterND(tf.tensor2d([[1], [3], [1]], [3, 1], "int32"), x, [4, 2]),
  },
  {
    kernel: "TensorScatterUpdate",
    name: "of two rows",
    shapes: [
      [4, 2],
      [2, 2],
    ],
    fn: (x, y) => tf.tensorScatterUpdate(x, tf.tensor2d([[1], [3]], [2, 1], "int32"), y),
  },
  {
    kernel: "SparseToDense",
    name: "with a value for each index",
    shapes: [[2], []],
    fn: (values, fallback) =>
      tf.sparseToDense(
        tf.tensor2d(
          [
            [0, 1],
            [1, 2],
          ],
          [2, 2],
          "int32",
        ),
        values,
        [2, 3],
        fallback as tf.Scalar,
      ),
  },
  {
    kernel: "SparseToDense",
    name: "with one value for all",
    shapes: [[], []],
    fn: (value, fallback) =>
      tf.sparseToDense(tf.tensor1d([0, 3], "int32"), value, [5], fallback as tf.Scalar),
  },
  { kernel: "TopK", name: "of rows", shapes: [[2, 5]], fn: (x) => tf.topk(x, 3).values },
  {
    kernel: "DepthToSpace",
    name: "in blocks of 2",
    shapes: [[1, 2, 1, 8]],
    fn: (x) => tf.depthToSpace(x as tf.Tensor4D, 2),
  },
  { kernel: "Cumprod", name: "along an axis", shapes: [[2, 3]], fn: (x) => tf.cumprod(x, 1) },
  {
    kernel: "Cumprod",
    name: "backwards, without the element itself",
    shapes: [[2, 3]],
    fn: (x) => tf.cumprod(x, 1, true, true),
  },
  {
    kernel: "SparseSegmentSum",
    name: "with a row taken twice",
    shapes: [[3, 2]],
    fn: (x) =>
      tf.sparse.sparseSegmentSum(x, tf.tensor1d([0, 2, 0], "int32"), tf.tensor1d([0, 0, 1], "int32")),
  },
  {
    kernel: "SparseSegmentMean",
    name: "with segments of several sizes",
    shapes: [[3, 2]],
    fn: (x) =>
      tf.sparse.sparseSegmentMean(x, tf.tensor1d([0, 2, 0], "int32"), tf.tensor1d([0, 0, 1], "int32")),
  },
  ...Object.entries({ greater, less, lessEqual, equal, notEqual }).map(([name, compare]) => ({
    kernel: "Less",
    name: `what ${name} selects`,
    shapes: [[4], [4]],
    fn: (a: Tensor, b: Tensor) => where(compare(a, b), mul(a, b), sub(a, b)),
  })),
  {
    kernel: "LogicalAnd",
    name: "what logical operations select",
    shapes: [[4], [4]],
    fn: (a, b) => {
      const both = tf.logicalAnd(tf.greater(a, 0), tf.logicalNot(tf.greater(b, 0)));
      return where(tf.logicalOr(both, tf.any(both)), mul(a, b), where(tf.all(both), a, b));
    },
  },
];

for (const each of cases) {
  test(`${each.kernel}, ${each.name}: as finite differences say`, () => {
    const model = chain();
    hookGraph(model); // registers them
    model.dispose();
    if (getKernel(each.kernel, getBackend()) === undefined) return assert.not.equal(getBackend(), "cpu");
    check(each);
  });
}

test("a gradient that somebody has registered stays", () => {
  const before = tf.getGradient("Slice");
  const model = chain();
  hookGraph(model);
  model.dispose();
  assert.is(tf.getGradient("Slice"), before);
  assert.is(engine().state.gradientDepth, 0);
});

test.run();
