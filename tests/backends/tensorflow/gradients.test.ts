import { expectClose } from "@hookdict/core/testing";
import {
  add,
  engine,
  exp,
  grads,
  leakyRelu,
  log,
  maxPool,
  mul,
  type NamedAttrMap,
  type NamedTensorMap,
  randomNormal,
  reciprocal,
  relu,
  sigmoid,
  square,
  step,
  sub,
  sum,
  tensor1d,
  type Tensor,
  type Tensor4D,
  tensor4d,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { assertSameAsCpu } from "../../support/same-as-cpu.ts";

// Kernels of backward passes that the built native backend has, against the operations that they stand for.
const test = suite("kernels of backward passes of the native backend");
const check = (name: string, body: () => void): void => test(name, () => tidy(body));

function run(kernel: string, inputs: NamedTensorMap, attributes: NamedAttrMap = {}): Tensor[] {
  const found: Tensor | Tensor[] = engine().runKernel(kernel, inputs, attributes);
  return Array.isArray(found) ? found : [found];
}

const normal = (shape: readonly number[], seed: number): Tensor =>
  randomNormal([...shape], 0, 1, "float32", seed);

/** Several threads share the last: parts of 16,384 elements. */
const SHAPES = [[7], [2, 3, 5], [1, 0, 4], [9, 5_003]];

/** Sums of products of normal numbers, in float32. */
const TOLERANCE = { atol: 1e-4 };

check("a step is 1 above 0, NaN of NaN, and the given number elsewhere", () => {
  const x = tensor1d([-2, -0, 0, 1e-30, 3, Infinity, -Infinity, NaN]);
  assert.equal([...step(x).dataSync()], [0, 0, 0, 1, 1, 1, 0, NaN]);
  assert.equal([...step(x, 0.25).dataSync()], [0.25, 0.25, 0.25, 1, 1, 1, 0.25, NaN].map(Math.fround));
  assert.equal(step(zeros([0, 3])).shape, [0, 3]);
});

for (const shape of SHAPES) {
  test(`slopes of ReLUs of [${shape.join(", ")}]`, () =>
    assertSameAsCpu(() =>
      tidy(() =>
        grads((x: Tensor) => sum(mul(add(relu(x), leakyRelu(x)), normal(shape, 2))))([normal(shape, 1)]),
      ),
    ));

  check(`the gradient of a GELU of [${shape.join(", ")}]`, () => {
    const [dy, x] = [normal(shape, 1), mul(normal(shape, 2), 3)];
    const gelu = (each: Tensor): Tensor =>
      mul(each, sigmoid(mul(each, add(1.5957691216057308, mul(square(each), 0.07135481627)))));
    const [wanted] = grads((each: Tensor) => sum(mul(gelu(each), dy)))([x]);
    const [found] = run("HookdictGeluGrad", { dy, x });
    assert.equal(found?.shape, shape);
    expectClose(found as Tensor, wanted as Tensor, TOLERANCE);
  });

  check(`gradients of a norm's steps of [${shape.join(", ")}]`, () => {
    const n = shape.at(-1) ?? 1;
    const rows = [...shape.slice(0, -1), 1];
    const [dy, x, scale, dscale] = [
      normal(shape, 1),
      normal(shape, 2),
      exp(normal(rows, 3)),
      normal(rows, 4),
    ];
    const centered = (each: Tensor): Tensor => sub(each, mul(sum(each, -1, true), 1 / n));
    const [wantedX, wantedScale] = grads((each: Tensor, by: Tensor) =>
      sum(mul(mul(centered(each), reciprocal(by)), dy)),
    )([x, scale]);
    const [dx, dScale] = run("HookdictNormalizeGrad", { dy, x, scale });
    expectClose(dx as Tensor, wantedX as Tensor, TOLERANCE);
    assert.equal(dScale?.shape, rows);
    expectClose(dScale as Tensor, wantedScale as Tensor, { atol: 1e-3, rtol: 1e-4 }); // sums of thousands
    const deviation = (each: Tensor): Tensor =>
      exp(mul(log(add(mul(sum(square(centered(each)), -1, true), 1 / n), 0.5)), 0.5));
    const [wanted] = grads((each: Tensor) => sum(mul(deviation(each), dscale)))([x]);
    const [found] = run("HookdictDeviationGrad", { dscale, x }, { epsilon: 0.5 });
    expectClose(found as Tensor, wanted as Tensor, TOLERANCE);
  });
}

for (const [what, shape, window, strides, pad] of [
  ["apart", [2, 4, 6, 3], [2, 2], [2, 2], "valid"],
  ["that leave rows over", [2, 5, 7, 3], [2, 3], [2, 3], "valid"],
  ["that leave rows between them", [2, 8, 7, 2], [2, 1], [3, 2], "valid"],
  ["that overlap", [2, 6, 5, 3], [3, 2], [1, 1], "valid"],
  ["that are padded", [2, 5, 5, 3], [3, 3], [2, 2], "same"],
  ["that are padded and overlap", [1, 4, 7, 2], [2, 4], [1, 2], "same"],
  ["of many images", [40, 16, 16, 16], [2, 2], [2, 2], "valid"],
] as const)
  test(`gradients of the largest of windows ${what}`, () =>
    assertSameAsCpu(() =>
      tidy(() => {
        const x = normal(shape, 1) as Tensor4D;
        const pooled = (each: Tensor): Tensor => maxPool(each as Tensor4D, [...window], [...strides], pad);
        const dy = normal(pooled(x).shape, 2);
        return grads((each: Tensor) => sum(mul(pooled(each), dy)))([x]);
      }),
    ));

check("of equal ones the first gets what goes back to the largest, as TensorFlow has it", () => {
  const x = tensor4d([2, 2, 1, 2, 0, 0, 0, 0], [1, 2, 4, 1]);
  const [found] = grads((each: Tensor) => sum(mul(maxPool(each as Tensor4D, 2, 2, "valid"), 5)))([x]);
  assert.equal([...(found as Tensor).dataSync()], [5, 0, 0, 5, 0, 0, 0, 0]);
});

check("inputs that do not fit together are an error, and free what was made on the way", () => {
  const [x, short, image] = [normal([2, 8], 1), normal([5], 2), normal([1, 4, 4, 2], 3)];
  const cases: readonly (readonly [string, NamedTensorMap, NamedAttrMap, RegExp])[] = [
    ["HookdictGeluGrad", { dy: short, x }, {}, /dy and x are of one shape/],
    ["HookdictNormalizeGrad", { dy: x, x, scale: short }, {}, /every row a scale/],
    ["HookdictDeviationGrad", { dscale: short, x }, { epsilon: 1 }, /every row has a scale/],
  ];
  const before = engine().memory().numTensors;
  for (const [kernel, inputs, attributes, message] of cases)
    assert.match(thrown(() => run(kernel, inputs, attributes)).message, message);
  const pooling = { filterSize: 2, strides: 2, pad: "valid" };
  assert.match(
    thrown(() => run("MaxPoolGrad", { dy: image, input: image, output: x }, pooling)).message,
    /x and y are images/,
  );
  assert.is(engine().memory().numTensors, before);
});

test.run();
