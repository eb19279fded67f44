import { HookPoint, Module, MultiHookManager } from "@hookdict/core";
import {
  einsum,
  grads,
  matMul,
  maximum,
  minimum,
  mul,
  ones,
  prelu,
  squaredDifference,
  sum,
  type Tensor,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("gradients under broadcasting");

class Point extends Module {
  readonly hook_a: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_a.call(x);
  }
}

type Operation = (a: Tensor, b: Tensor) => Tensor;

/** Gradients of the sum, once a hook has come to a model that is no graph. */
function gradients(operation: Operation, a: Tensor, b: Tensor): readonly (readonly number[])[] {
  using manager = new MultiHookManager(new Point());
  manager.register("hook_a", "fwd", () => undefined);
  return tidy(() => {
    const found = grads((x: Tensor, y: Tensor) => sum(operation(x, y)))([a, b]);
    assert.equal(
      found.map(({ shape }) => shape),
      [a.shape, b.shape],
    );
    return found.map((gradient) => [...gradient.dataSync()]);
  });
}

const cases: readonly (readonly [
  name: string,
  operation: Operation,
  wide: readonly (readonly number[])[],
  narrow: readonly number[],
  expected: readonly (readonly number[])[],
])[] = [
  [
    "maximum",
    maximum,
    [
      [1, 5],
      [3, 2],
    ],
    [2, 2],
    [
      [0, 1, 1, 1],
      [1, 0],
    ],
  ],
  [
    "minimum",
    minimum,
    [
      [1, 5],
      [3, 1],
    ],
    [2, 2],
    [
      [1, 0, 0, 1],
      [1, 1],
    ],
  ],
  [
    "squaredDifference",
    squaredDifference,
    [
      [1, 5],
      [3, 1],
    ],
    [2, 2],
    [
      [-2, 6, 2, -2],
      [0, -4],
    ],
  ],
];

for (const [name, operation, wide, narrow, [ofWide, ofNarrow]] of cases) {
  test(`${name}: the gradient of what is broadcast is summed, on either side`, () => {
    const [a, b] = [tensor(wide as number[][]), tensor([...narrow])];
    const found = gradients(operation, a, b);
    assert.equal(found, [ofWide, ofNarrow]);
    if (name === "squaredDifference") assert.equal(gradients(operation, b, a), [ofNarrow, ofWide]);
    a.dispose();
    b.dispose();
  });
}

test("matMul: a matrix that a batch shares has the sum of the batch's gradients", () => {
  const [a, b] = [ones([3, 2, 4]), ones([1, 4, 5])];
  assert.equal(gradients(matMul, a, b), [
    Array.from({ length: 24 }, () => 5),
    Array.from({ length: 20 }, () => 6),
  ]);
  const transposed: Operation = (x, y) => matMul(x, y, false, true);
  const c = ones([1, 5, 4]);
  assert.equal(
    gradients(transposed, a, c)[1],
    Array.from({ length: 20 }, () => 6),
  );
  for (const made of [a, b, c]) made.dispose();
});

test("matMul: both batches may repeat along axes of their own", () => {
  const [a, b] = [ones([3, 1, 2, 4]), tensor([1, 2], [2, 1, 1])];
  const spread: Operation = (x, y) => matMul(x, mul(y, ones([1, 4, 5])));
  assert.equal(gradients(spread, a, b), [Array.from({ length: 24 }, () => 15), [120, 120]]);
  const swapped: Operation = (x, y) => matMul(mul(y, ones([1, 5, 4])), x, false, true);
  assert.equal(gradients(swapped, a, b), [Array.from({ length: 24 }, () => 15), [120, 120]]);
  for (const made of [a, b]) made.dispose();
});

test("prelu: slope and input have gradients of their own shapes", () => {
  const [x, alpha] = [
    tensor([
      [-1, 2],
      [-3, -4],
    ]),
    tensor([10, 100]),
  ];
  assert.equal(
    gradients((a, b) => prelu(a as never, b as never), x, alpha),
    [
      [10, 1, 10, 100],
      [-4, -4],
    ],
  );
  x.dispose();
  alpha.dispose();
});

test("what TensorFlow.js lacks is there after a hook on any kind of model", () => {
  const [a, b] = [ones([2, 3]), ones([3, 4])];
  const product: Operation = (x, y) => einsum("ij,jk->ik", x, y);
  assert.equal(
    gradients(product, a, b)[0],
    Array.from({ length: 6 }, () => 4),
  );
  a.dispose();
  b.dispose();
});

test.run();
