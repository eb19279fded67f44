import {
  bytesSource,
  DTYPES,
  decodeBFloat16,
  decodeFloat16,
  encodeBFloat16,
  encodeFloat16,
  openSafetensors,
  readHeader,
  readTensor,
  readTensorInto,
  type SafetensorsDtype,
  type TensorEntry,
} from "@hookdict/tensordict/io";
import { imag, real } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { safetensorsBytes, safetensorsSource } from "../../support/safetensors.ts";
import { take } from "../../support/values.ts";

const test = suite("tensors of safetensors files");

/** A file with one tensor `w` of these elements. */
const fileOf = (dtype: SafetensorsDtype, data: ArrayBufferView, shape?: readonly number[]): Uint8Array => {
  const count = data.byteLength / DTYPES[dtype].bytes;
  return safetensorsBytes(
    { w: { dtype, shape: shape ?? [count], data_offsets: [0, data.byteLength] } },
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  );
};

const valuesOf = async (dtype: SafetensorsDtype, data: ArrayBufferView): Promise<number[]> => {
  await using store = await openSafetensors(fileOf(dtype, data));
  return [...(await store.read("w")).data];
};

const floats = [0, 1, -2, 0.5, 65504, Infinity, -Infinity];

test("every element type becomes the values that it stands for", async () => {
  const cases: readonly (readonly [SafetensorsDtype, ArrayBufferView, readonly number[]])[] = [
    ["F64", new Float64Array([1 / 3, -2]), [Math.fround(1 / 3), -2]],
    ["F32", new Float32Array([0.1, -2]), [Math.fround(0.1), -2]],
    ["F16", new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff]), [1, -2, 2 ** -24, 65504]],
    ["BF16", new Uint16Array([0x3f80, 0xc000, 0x7f80]), [1, -2, Infinity]],
    ["I64", new BigInt64Array([-(2n ** 31n), 2n ** 31n - 1n]), [-(2 ** 31), 2 ** 31 - 1]],
    ["U64", new BigUint64Array([7n]), [7]],
    ["I32", new Int32Array([-7]), [-7]],
    ["U32", new Uint32Array([2 ** 31 - 1]), [2 ** 31 - 1]],
    ["I16", new Int16Array([-300]), [-300]],
    ["U16", new Uint16Array([65535]), [65535]],
    ["I8", new Int8Array([-128]), [-128]],
    ["U8", new Uint8Array([255]), [255]],
    ["BOOL", new Uint8Array([0, 1]), [0, 1]],
    ["C64", new Float32Array([1, 2, 3, 4]), [1, 2, 3, 4]],
  ];
  assert.equal(cases.map(([dtype]) => dtype).sort(), Object.keys(DTYPES).sort());
  for (const [dtype, data, expected] of cases) assert.equal(await valuesOf(dtype, data), expected);
});

test("16-bit floats survive a round trip, and are rounded to the nearest, ties to even", async () => {
  assert.equal(await valuesOf("F16", encodeFloat16(new Float32Array(floats))), floats);
  assert.equal(await valuesOf("F16", encodeFloat16(new Float32Array([2049, 2051, 1e6]))), [
    2048,
    2052,
    Infinity,
  ]);
  assert.equal(await valuesOf("BF16", encodeBFloat16(new Float32Array([257, 259]))), [256, 260]);
  assert.ok(Number.isNaN((await valuesOf("F16", encodeFloat16(new Float32Array([NaN]))))[0]));
  assert.ok(Number.isNaN((await valuesOf("BF16", encodeBFloat16(new Float32Array([NaN]))))[0]));
});

test("every 16-bit float is decoded exactly, wherever its bits and its value lie", () => {
  const all = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
  const float16 = (bits: number): number => {
    const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
    const value = exponent < 31 ? size : fraction === 0 ? Infinity : NaN;
    return bits < 32768 ? value : -value;
  };
  const bfloat16 = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0] ?? NaN;
  for (const [decode, value] of [
    [decodeFloat16, float16],
    [decodeBFloat16, bfloat16],
  ] as const) {
    const want = Float32Array.from(all, value);
    // NaN is no equal of itself.
    const same = (a: Float32Array, b: Float32Array): boolean =>
      a.length === b.length && a.every((each, i) => Object.is(each, b[i]));
    assert.ok(same(decode(all), want));
    for (const start of [1, 2]) {
      const target = new Float32Array(1 << 16).fill(7);
      assert.is(decode(all.subarray(start, 1001), target, 3), target);
      assert.equal([...target.subarray(0, 3), target[1004 - start]], [7, 7, 7, 7]);
      assert.ok(same(target.subarray(3, 1004 - start), want.subarray(start, 1001)));
    }
  }
  const target = new Uint16Array(3);
  assert.is(encodeFloat16(new Float32Array([1, -2]), target, 1), target);
  assert.equal([...target], [0, 0x3c00, 0xc000]);
  encodeBFloat16(new Float32Array([1]), target, 0);
  assert.equal([...target], [0x3f80, 0x3c00, 0xc000]);
  assert.is(
    thrown(() => decodeFloat16(all, new Float32Array(3), 1)).message,
    "decodeFloat16 was given 1 as at. Give a place of the target with room for 65536 values.",
  );
});

test("a tensor longer than what is read at a time is whole", async () => {
  const count = 2 ** 19 * 2 + 3;
  const bits = Uint16Array.from({ length: count }, (_, i) => (i % 251) << 7);
  const values = await valuesOf("BF16", bits);
  assert.is(values.length, count);
  const wide = new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer);
  assert.ok(values.every((value, i) => value === wide[i]));
});

test("a tensor is put on the backend with shape and dtype", async () => {
  await using store = await openSafetensors(fileOf("I16", new Int16Array([1, 2, 3, 4, 5, 6]), [2, 3]));
  const tensor = await store.tensor("w");
  assert.equal([tensor.dtype, tensor.shape], ["int32", [2, 3]]);
  assert.equal(take(tensor), [1, 2, 3, 4, 5, 6]);
});

test("a complex tensor has its real and imaginary parts", async () => {
  await using store = await openSafetensors(fileOf("C64", new Float32Array([1, 2, 3, 4])));
  const tensor = await store.tensor("w");
  assert.equal(
    [take(real(tensor)), take(imag(tensor))],
    [
      [1, 3],
      [2, 4],
    ],
  );
  tensor.dispose();
});

test("rows are read alone", async () => {
  const bytes = fileOf("F32", new Float32Array([0, 1, 2, 3, 4, 5]), [3, 2]);
  const read: [number, number][] = [];
  const inner = bytesSource("a.safetensors", bytes);
  const source = {
    ...inner,
    readInto: (target: Uint8Array, offset: number): Promise<void> => {
      read.push([offset - (bytes.length - 24), target.length]);
      return inner.readInto(target, offset);
    },
  };
  await using store = await openSafetensors(source);
  const { shape, data } = await store.readRows("w", 1, 2);
  assert.equal(
    [shape, [...data]],
    [
      [2, 2],
      [2, 3, 4, 5],
    ],
  );
  assert.equal(read.at(-1), [1 * 2 * 4, 2 * 2 * 4]);
});

test("rows that the tensor does not have are refused", async () => {
  await using store = await openSafetensors(
    safetensorsSource({ w: { dtype: "U8", shape: [3, 2], data_offsets: [0, 6] } }, 6),
  );
  assert.equal(await asyncFailure(store.readRows("w", 2, 2)), [
    "SAFETENSORS_ROWS",
    'a.safetensors: rows 2 to 4 of tensor "w" were asked for, which has 3. Ask for rows within the first axis.',
  ]);
  for (const start of [-1, 0.5, NaN]) {
    assert.is((await asyncFailure(store.readRows("w", start, 1)))[0], "SAFETENSORS_ROWS");
  }
});

test("a tensor that is not in the file is told with those that are, eight at most", async () => {
  const entries = Array.from({ length: 9 }, (_, i) => [
    `t${i}`,
    { dtype: "U8", shape: [1], data_offsets: [i, i + 1] },
  ]);
  await using store = await openSafetensors(safetensorsSource(Object.fromEntries(entries), 9));
  assert.equal(await asyncFailure(store.read("w")), [
    "TENSOR_NOT_IN_FILE",
    'a.safetensors: has no tensor "w". It has 9: t0, t1, t2, t3, t4, t5, t6, t7 and others.',
  ]);
  await using small = await openSafetensors(safetensorsSource(Object.fromEntries(entries.slice(0, 2)), 2));
  assert.is((await asyncFailure(small.read("w")))[1], 'a.safetensors: has no tensor "w". It has 2: t0, t1.');
  await using empty = await openSafetensors(safetensorsSource({}, 0));
  assert.is((await asyncFailure(empty.read("w")))[1], 'a.safetensors: has no tensor "w". It is empty.');
});

test("an array of the wrong kind or length is refused before anything is read", async () => {
  await using store = await openSafetensors(
    safetensorsSource({ w: { dtype: "F16", shape: [2], data_offsets: [0, 4] } }, 4),
  );
  assert.equal(await asyncFailure(store.readInto("w", new Float32Array(3))), [
    "SAFETENSORS_TARGET",
    'a.safetensors: tensor "w" fills a Float32Array(2), not a Float32Array(3). Give an array of that kind and length.',
  ]);
  assert.equal(await asyncFailure(store.readInto("w", new Int32Array(2))), [
    "SAFETENSORS_TARGET",
    'a.safetensors: tensor "w" fills a Float32Array(2), not a Int32Array(2). Give an array of that kind and length.',
  ]);
});

test("a part of a larger array can be filled", async () => {
  await using store = await openSafetensors(fileOf("BF16", new Uint16Array([0x3f80, 0x4000])));
  const whole = new Float32Array(4);
  await store.readInto("w", whole.subarray(1, 3));
  assert.equal([...whole], [0, 1, 2, 0]);
});

test("an integer that int32 cannot hold is named with its element", async () => {
  const hint = "TensorFlow.js has no wider integers: store it as a float, or split it.";
  const source = (dtype: SafetensorsDtype, data: ArrayBufferView): Promise<readonly [string, string]> =>
    asyncFailure(valuesOf(dtype, data));
  assert.equal(await source("I64", new BigInt64Array([0n, -(2n ** 31n) - 1n])), [
    "SAFETENSORS_INTEGER",
    `bytes: tensor "w" holds -2147483649 at element 1, which int32 cannot hold. ${hint}`,
  ]);
  assert.equal(await source("U32", new Uint32Array([2 ** 31])), [
    "SAFETENSORS_INTEGER",
    `bytes: tensor "w" holds 2147483648 at element 0, which int32 cannot hold. ${hint}`,
  ]);
  assert.is((await source("U64", new BigUint64Array([2n ** 64n - 1n])))[0], "SAFETENSORS_INTEGER");
});

test("a bool other than 0 and 1 is named with its element", async () => {
  assert.equal(await asyncFailure(valuesOf("BOOL", new Uint8Array([1, 0, 2]))), [
    "SAFETENSORS_BOOL",
    'bytes: tensor "w" holds the byte 2 at element 2, which is no bool. The file is damaged or was not fully written: fetch or write it again.',
  ]);
});

test("a file that became shorter after its header was read is an error", async () => {
  const bytes = fileOf("F32", new Float32Array([1, 2]));
  const { entries } = await readHeader(bytesSource("a.safetensors", bytes));
  const entry = entries.get("w") as TensorEntry; // the file has it
  const shorter = bytesSource("a.safetensors", bytes.subarray(0, bytes.length - 1));
  const message = `a.safetensors: bytes up to ${bytes.length} were asked for, but it ends after ${bytes.length - 1}. The file is damaged or was not fully written: fetch or write it again.`;
  assert.equal(await asyncFailure(readTensor(shorter, entry)), ["FILE_TRUNCATED", message]);
  assert.equal(await asyncFailure(readTensorInto(shorter, entry, new Float32Array(2))), [
    "FILE_TRUNCATED",
    message,
  ]);
});

test.run();
