import {
  cast,
  conv3d,
  dilation2d,
  getBackend,
  grad,
  maxPool,
  maxPool3d,
  oneHot,
  square,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs-core";
import { suite } from "../gate/suite.ts";
import { assertSameAsCpu } from "../support/same-as-cpu.ts";

const test = suite("kernels that some backend computes wrongly, against cpu");

/** Most of them below 0. */
const some = <T extends Tensor>(shape: readonly number[]): T =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 1.7) * 3 - 2),
    [...shape],
  ) as T;

const [FLAT, DEEP] = [
  [2, 9, 9, 3],
  [1, 5, 5, 5, 2],
];

/** The gradient of the sum of an operation's squares. */
const gradientOf = (fn: (x: never) => Tensor, shape: readonly number[]): Tensor =>
  grad((x) => sum(square(fn(x as never))))(some(shape));

for (const pad of ["same", "valid"] as const)
  for (const [size, stride] of [
    [2, 1],
    [2, 2],
    [3, 2],
  ] as const) {
    const how = `${pad}, windows of ${size}, strides of ${stride}`;
    test(`largest values of windows have their gradients also below 0: ${how}`, () =>
      assertSameAsCpu(() => tidy(() => gradientOf((x) => maxPool(x, size, stride, pad), FLAT))));
    if (getBackend() === "webgpu") continue; // it has no pools in three dimensions
    test(`pools in three dimensions: ${how}`, () =>
      assertSameAsCpu(() => tidy(() => maxPool3d(some(DEEP), size, stride, pad))));
    test(`gradients of pools in three dimensions: ${how}`, () =>
      assertSameAsCpu(() => tidy(() => gradientOf((x) => maxPool3d(x, size, stride, pad), DEEP))));
  }

if (getBackend() !== "webgpu") {
  test("dilations of negative numbers", () =>
    assertSameAsCpu(() => tidy(() => dilation2d(some<never>(FLAT), some<never>([2, 2, 3]), 1, "same"))));

  test("dilations and convolutions in three dimensions have their gradients", async () => {
    const filter = (): never => some([2, 2, 3]);
    await assertSameAsCpu(() => tidy(() => gradientOf((x) => dilation2d(x, filter(), 1, "same"), FLAT)));
    await assertSameAsCpu(() =>
      tidy(() => gradientOf((x) => dilation2d(some<never>(FLAT), x, 1, "same"), [2, 2, 3])),
    );
    await assertSameAsCpu(() =>
      tidy(() => gradientOf((x) => conv3d(x, some<never>([2, 2, 2, 2, 1]), 1, "valid"), DEEP)),
    );
  });
}

for (const dtype of ["float32", "int32", "bool"] as const)
  test(`one-hot rows of ${dtype}`, () =>
    assertSameAsCpu(() => tidy(() => cast(oneHot(tensor1d([0, 3, 2], "int32"), 5, 1, 0, dtype), "float32"))));

test("one-hot rows of other values than 0 and 1", () =>
  assertSameAsCpu(() => tidy(() => oneHot(tensor1d([0, 3, 2], "int32"), 5, 2.5, -1, "float32"))));

test.run();
