import {
  add,
  cast,
  conv2d,
  conv3d,
  dilation2d,
  dispose,
  getBackend,
  grad,
  maxPool,
  maxPool3d,
  mul,
  oneHot,
  prelu,
  sin,
  square,
  sum,
  type Tensor,
  tensor,
  tensor1d,
  type Tensor4D,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
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

for (const [shape, slopes] of [
  [
    [2, 3, 2],
    [3, 1],
  ],
  [
    [2, 3, 2],
    [2, 1, 1],
  ],
  [[2, 3, 2], [2]],
  [[2, 3, 2], [1]],
  [[3], [2, 3]],
] as const)
  test(`slopes [${slopes.join(", ")}] of values [${shape.join(", ")}] below 0`, () =>
    assertSameAsCpu(() => tidy(() => prelu(some(shape), add(some(slopes), 3)))));

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

for (const [pad, stride, size] of [
  ["same", 1, 3],
  ["same", 2, 2],
  ["valid", 2, 3],
  ...(getBackend() === "tensorflow" ? [] : ([[1, 1, 1]] as const)), // it pads by "same" and "valid" alone
] as const)
  test(`gradients of filters are what small changes do: ${pad}, strides of ${stride}, filters of ${size}`, () => {
    const x = some<Tensor4D>([2, 6, 5, 3]);
    const shape = [size, size, 3, 2] as const;
    const filter = some<Tensor4D>(shape);
    const total = (by: Tensor4D): Tensor => tidy(() => sum(sin(mul(conv2d(x, by, stride, pad), 0.05))));
    const found = tidy(() => grad((by) => total(by as Tensor4D))(filter));
    const values = found.dataSync();
    for (let i = 0; i < filter.size; i++) {
      const moved = (by: number): number =>
        tidy(() => {
          const step = new Float32Array(filter.size);
          step[i] = by;
          return total(add(filter, tensor(step, [...shape]))).dataSync()[0] ?? NaN;
        });
      const slope = (moved(0.01) - moved(-0.01)) / 0.02;
      assert.ok(Math.abs((values[i] ?? NaN) - slope) < 2e-3 + 1e-2 * Math.abs(slope)); // float32
    }
    dispose([x, filter, found]);
  });

for (const dtype of ["float32", "int32", "bool"] as const)
  test(`one-hot rows of ${dtype}`, () =>
    assertSameAsCpu(() => tidy(() => cast(oneHot(tensor1d([0, 3, 2], "int32"), 5, 1, 0, dtype), "float32"))));

test("one-hot rows of other values than 0 and 1", () =>
  assertSameAsCpu(() => tidy(() => oneHot(tensor1d([0, 3, 2], "int32"), 5, 2.5, -1, "float32"))));

test.run();
