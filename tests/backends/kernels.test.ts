import {
  abs,
  add,
  all,
  any,
  cast,
  complex,
  conv2d,
  depthwiseConv2d,
  dispose,
  einsum,
  engine,
  fft,
  gather,
  getBackend,
  getKernel,
  grads,
  ifft,
  imag,
  irfft,
  max,
  mean,
  min,
  prod,
  randomUniform,
  real,
  rfft,
  square,
  sum,
  tensor,
  type Tensor,
  tensor1d,
  type Tensor4D,
  type TensorLike,
  tidy,
  topk,
  transpose,
  unsortedSegmentSum,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { assertSameAsCpu } from "../support/same-as-cpu.ts";

const test = suite("kernels that some backend lacks, against cpu");

const some = (shape: number[], seed = 1): Tensor => randomUniform(shape, -1, 1, "float32", seed);

for (const [equation, ...shapes] of [
  ["ij->ji", [2, 3]],
  ["ijk->ki", [2, 3, 4]],
  ["ij->", [2, 3]],
  ["i,j->ij", [2], [3]],
  ["ij,jk->ik", [2, 3], [3, 4]],
  ["bqhd,bkhd->bhqk", [2, 3, 2, 4], [2, 5, 2, 4]],
  ["bhqk,bkhd->bqhd", [2, 2, 3, 5], [2, 5, 2, 4]],
  ["ijx,jky->ki", [2, 3, 2], [3, 4, 2]],
  ["ij,ij->", [2, 3], [2, 3]],
  ["b,b->b", [3], [3]],
] as const) {
  test(`einsum ${equation}`, () =>
    assertSameAsCpu(() => tidy(() => einsum(equation, ...shapes.map((shape, i) => some([...shape], i))))));
}

test("einsum of integers stays exact, on webgpu below 2^24", () => {
  const [a, b] = getBackend() === "webgpu" ? [463, 462] : [46341, 46340];
  return assertSameAsCpu(() =>
    tidy(() => einsum("i,i->", tensor1d([a, 7], "int32"), tensor1d([b, 3], "int32"))),
  );
});

test("einsum refuses sizes that differ", () => {
  assert.throws(
    () => tidy(() => einsum("ij,jk->ik", some([2, 3]), some([4, 2]))),
    /Expected dimension 3 at axis 0/,
  );
});

for (const [strides, pad] of [
  [1, "same"],
  [2, "valid"],
  [2, "same"],
] as const) {
  const how = `strides ${strides}, ${pad}`;
  test(`gradients of conv2d, ${how}`, () =>
    assertSameAsCpu(() =>
      tidy(() => {
        const convolve = (x: Tensor, filter: Tensor): Tensor =>
          conv2d(x as Tensor4D, filter as Tensor4D, strides, pad);
        return grads((x, filter) => sum(square(convolve(x, filter))))([
          some([2, 6, 5, 3]),
          some([3, 2, 3, 4]),
        ]);
      }),
    ));
  test(`gradients of depthwiseConv2d, ${how}`, () =>
    assertSameAsCpu(() =>
      tidy(() => {
        const convolve = (x: Tensor, filter: Tensor): Tensor =>
          depthwiseConv2d(x as Tensor4D, filter as Tensor4D, strides, pad);
        return grads((x, filter) => sum(square(convolve(x, filter))))([
          some([2, 6, 5, 3]),
          some([3, 2, 3, 2]),
        ]);
      }),
    ));
}

for (const [shape, indices, axis] of [
  [[5, 3], [4, 0, 4], 0],
  [[5], [1, 3], 0],
  [
    [4, 2, 3],
    [
      [3, 1],
      [0, 0],
    ],
    0,
  ],
  [[2, 5], [4, 0, 1], 1],
  [[5, 3], [], 0],
] as const)
  test(`gather of [${indices.join("; ")}] along axis ${axis} of [${shape.join(", ")}]`, () =>
    assertSameAsCpu(() =>
      tidy(() => gather(some([...shape]), tensor(indices as TensorLike, undefined, "int32"), axis)),
    ));

for (const [shape, perm] of [
  [
    [0, 3, 5],
    [0, 2, 1],
  ],
  [
    [2, 3, 4, 0],
    [0, 2, 1, 3],
  ],
] as const)
  test(`transpose of nothing, [${shape.join(", ")}], has a shape all the same`, () =>
    assertSameAsCpu(() => tidy(() => transpose(some([...shape]), [...perm]))));

// WebGPU has no buffers without bytes.
for (const axis of getBackend() === "webgpu" ? [] : [0, -1, undefined])
  test(`a sum of nothing is 0, along axis ${axis ?? "all"}, and so is its gradient for a row`, () =>
    assertSameAsCpu(() =>
      tidy(() => {
        const row = (x: Tensor): Tensor => sum(add(some([0, 3, 4]), x), axis);
        return [row(some([4])), ...grads(row)([some([4])])];
      }),
    ));

// TensorFlow has values of its own for some, and refuses others.
const OF_NOTHING: Readonly<Record<string, () => Tensor>> = {
  mean: () => mean(some([2, 0, 3]), 1, true),
  max: () => max(some([2, 0, 3]), 1),
  min: () => min(some([0, 3])),
  prod: () => prod(some([0, 3]), 0),
  all: () => all(cast(some([2, 0]), "bool"), 1),
  any: () => any(cast(some([2, 0]), "bool"), 1, true),
  topk: () => topk(some([0]), 0).values,
  gather: () => gather(some([0, 3]), tensor1d([1, 2], "int32"), 1),
};
for (const [name, op] of Object.entries(getBackend() === "wasm" ? OF_NOTHING : {}))
  test(`${name} of nothing is what it is on cpu`, () => assertSameAsCpu(() => tidy(op)));

test("gather of integers keeps their type", () =>
  assertSameAsCpu(() => tidy(() => gather(tensor1d([7, 8, 9], "int32"), tensor1d([2, 0], "int32")))));

test("the gradient of gather adds up rows that were taken twice", () =>
  assertSameAsCpu(() =>
    tidy(() => grads((x) => sum(gather(x, tensor1d([0, 2, 0], "int32"))))([some([3, 2])])),
  ));

test("unsortedSegmentSum leaves segments that nobody names at 0", () =>
  assertSameAsCpu(() => tidy(() => unsortedSegmentSum(some([3, 2]), tensor1d([2, 0, 2], "int32"), 4))));

test("complex numbers are put together, read and taken apart", () =>
  assertSameAsCpu(() =>
    tidy(() => {
      const z = complex(some([2, 3], 1), some([2, 3], 2));
      return [z, real(z), imag(z), abs(z)];
    }),
  ));

test("fft and ifft", () =>
  assertSameAsCpu(() =>
    tidy(() => {
      const z = complex(some([2, 8], 1), some([2, 8], 2));
      return [fft(z), ifft(z)];
    }),
  ));

test("rfft and irfft, also of a length that is no power of two", () =>
  assertSameAsCpu(() =>
    tidy(() => {
      const spectrum = rfft(some([2, 6]));
      return [real(spectrum), imag(spectrum), irfft(spectrum)];
    }),
  ));

test("what is computed on copies leaves none behind", async () => {
  const cpu = engine().findBackend("cpu");
  const before = cpu.numDataIds();
  dispose(tidy(() => fft(complex(some([4], 1), some([4], 2)))));
  if (getBackend() !== "cpu") assert.is(cpu.numDataIds(), before);
});

test("every kernel of cpu is there on wasm, but for drawing on a page", () => {
  if (getBackend() !== "wasm") return;
  for (const name of ["Einsum", "ComplexAbs", "RaggedGather", "StaticRegexReplace"])
    assert.ok(getKernel(name, "wasm"), name);
});

test.run();
