import { bytesSource, MAX_HEADER_BYTES, readHeader } from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { safetensorsSource } from "../../support/safetensors.ts";

const test = suite("safetensors headers");

const f32 = (shape: readonly number[], begin: number, end: number): object => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});
const damaged = "The file is damaged or was not fully written: fetch or write it again.";
const notOne = "It is not a safetensors file, or it is damaged.";
const entryHint = "An entry is { dtype: string, shape: sizes, data_offsets: [begin, end] }.";

/** Code and message that a header, with so many bytes of data, is refused with. */
const refused = (header: unknown, bytes = 0): Promise<readonly [string, string]> =>
  asyncFailure(readHeader(safetensorsSource(header, bytes)));

/** A file that says that its header is so long, and ends after `size` bytes. */
const claims = (length: bigint, size: number): Promise<readonly [string, string]> => {
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return asyncFailure(readHeader(bytesSource("a.safetensors", bytes)));
};

test("entries come with shape, dtype and place in the file, notes as metadata", async () => {
  const text = JSON.stringify({ __metadata__: { format: "pt" }, b: f32([1], 16, 20), a: f32([2, 2], 0, 16) });
  const { entries, metadata, file } = await readHeader(safetensorsSource(text, 20));
  const start = 8 + text.length;
  assert.equal([...entries.keys()], ["b", "a"]);
  assert.equal(entries.get("a"), { file, name: "a", dtype: "F32", shape: [2, 2], offset: start, bytes: 16 });
  assert.is(entries.get("b")?.offset, start + 16);
  assert.equal([...metadata], [["format", "pt"]]);
});

test("a header may end in spaces and list nothing", async () => {
  assert.is((await readHeader(safetensorsSource("{}      "))).entries.size, 0);
});

test("a scalar has one element, a tensor without elements no byte, wherever it lies", async () => {
  const header = { a: f32([], 0, 4), none: f32([0, 3], 2, 2), b: f32([1], 4, 8) };
  const { entries } = await readHeader(safetensorsSource(header, 8));
  assert.equal(
    [...entries.values()].map(({ bytes }) => bytes),
    [4, 0, 4],
  );
});

test("a file too short for the length of its header is refused", async () => {
  assert.equal(await asyncFailure(readHeader(bytesSource("a.safetensors", new Uint8Array(7)))), [
    "SAFETENSORS_TOO_SHORT",
    `a.safetensors: has 7 bytes, too few for the length of a safetensors header (8). ${damaged}`,
  ]);
});

for (const length of [9n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
  test(`a header that claims ${length} bytes in a file of 16 is refused before memory is taken`, async () => {
    assert.equal(await claims(length, 16), [
      "SAFETENSORS_HEADER_LENGTH",
      `a.safetensors: claims a header of ${length} bytes, in a file of 16; at most 100000000 are read. ${notOne}`,
    ]);
  });
}

test("a header beyond the limit is refused although the file is as long", async () => {
  const size = 10 * MAX_HEADER_BYTES;
  const endless = {
    name: "a.safetensors",
    size,
    readInto: async (target: Uint8Array) =>
      new DataView(target.buffer).setBigUint64(0, BigInt(MAX_HEADER_BYTES + 1), true),
    close: async () => undefined,
  };
  assert.equal(await asyncFailure(readHeader(endless)), [
    "SAFETENSORS_HEADER_LENGTH",
    `a.safetensors: claims a header of ${MAX_HEADER_BYTES + 1} bytes, in a file of ${size}; at most ${MAX_HEADER_BYTES} are read. ${notOne}`,
  ]);
});

test("a header that is no object is refused", async () => {
  for (const header of [[], null, 3, '"text"']) {
    assert.equal(await refused(header), [
      "SAFETENSORS_HEADER_JSON",
      `a.safetensors: its safetensors header or metadata is not a JSON object. ${notOne}`,
    ]);
  }
});

test("a header that is not UTF-8 is refused", async () => {
  const bytes = new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]);
  assert.equal(await asyncFailure(readHeader(bytesSource("a.safetensors", bytes))), [
    "SAFETENSORS_HEADER_JSON",
    `a.safetensors: its safetensors header or metadata is not UTF-8. ${notOne}`,
  ]);
});

test("a header with a tensor given twice, or with a name that changes objects, is refused", async () => {
  const entry = JSON.stringify(f32([], 0, 4));
  assert.is((await refused(`{"a":${entry},"\\u0061":${entry}}`, 4))[0], "JSON_DUPLICATE_KEY");
  assert.is((await refused(`{"__proto__":${entry}}`, 4))[0], "JSON_FORBIDDEN_KEY");
  assert.is((await refused(`{"a":${"[".repeat(100_000)}`))[0], "JSON_TOO_DEEP");
});

test("metadata other than strings is refused", async () => {
  assert.equal(await refused({ __metadata__: { step: 3 } }), [
    "SAFETENSORS_METADATA",
    'a.safetensors: the metadata "step" is 3, not a string. Metadata of safetensors files are strings.',
  ]);
  assert.is((await refused({ __metadata__: ["pt"] }))[0], "SAFETENSORS_HEADER_JSON");
});

test("an entry that is no record says what it is, cut to a line", async () => {
  assert.equal(await refused({ w: 7 }), [
    "SAFETENSORS_ENTRY",
    `a.safetensors: tensor "w" has a bad entry in the header: 7. ${entryHint}`,
  ]);
  const cut = `"${"x".repeat(76)}...`;
  assert.equal(await refused({ w: "x".repeat(100) }), [
    "SAFETENSORS_ENTRY",
    `a.safetensors: tensor "w" has a bad entry in the header: ${cut}. ${entryHint}`,
  ]);
});

test("sizes and offsets must be whole, not negative and exact", async () => {
  for (const [shape, printed] of [
    [[-1], "[-1]"],
    [[1.5], "[1.5]"],
    [[2 ** 53], "[9007199254740992]"],
    [undefined, "missing"],
    ["4", '"4"'],
  ] as const) {
    assert.equal(await refused({ w: { dtype: "F32", shape, data_offsets: [0, 4] } }, 4), [
      "SAFETENSORS_ENTRY",
      `a.safetensors: tensor "w" has a bad shape in the header: ${printed}. ${entryHint}`,
    ]);
  }
  assert.equal(await refused({ w: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 8), [
    "SAFETENSORS_ENTRY",
    `a.safetensors: tensor "w" has a bad data_offsets in the header: [0,4,8]. ${entryHint}`,
  ]);
});

test("an unknown dtype is named with those that are known, also one that objects inherit", async () => {
  const known = "Known are F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, BOOL, C64.";
  for (const dtype of ["F8_E4M3", "toString", "f32"]) {
    assert.equal(await refused({ w: { dtype, shape: [1], data_offsets: [0, 1] } }, 1), [
      "SAFETENSORS_DTYPE",
      `a.safetensors: tensor "w" has the unknown dtype "${dtype}". ${known}`,
    ]);
  }
});

test("offsets outside the data, or backwards, are refused", async () => {
  assert.equal(await refused({ w: f32([2], 0, 8) }, 7), [
    "SAFETENSORS_OFFSETS",
    `a.safetensors: tensor "w" lies at [0, 8], outside the 7 bytes of data. ${damaged}`,
  ]);
  assert.equal(await refused({ w: f32([1], 8, 4) }, 8), [
    "SAFETENSORS_OFFSETS",
    `a.safetensors: tensor "w" lies at [8, 4], outside the 8 bytes of data. ${damaged}`,
  ]);
});

test("as many bytes as the shape does not take are refused, also where the product overflows", async () => {
  assert.equal(await refused({ w: f32([3], 0, 8) }, 8), [
    "SAFETENSORS_SIZE",
    `a.safetensors: tensor "w" has 8 bytes, which is not what F32[3] takes. ${damaged}`,
  ]);
  const huge = Array.from({ length: 21 }, () => 2 ** 52);
  assert.equal(await refused({ w: f32([...huge, 0], 0, 0) }), [
    "SAFETENSORS_SIZE",
    `a.safetensors: tensor "w" has 0 bytes, which is not what F32[${[...huge, 0].join(", ")}] takes. ${damaged}`,
  ]);
});

test("tensors that share bytes are both named, with how many they share", async () => {
  assert.equal(await refused({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), [
    "SAFETENSORS_OVERLAP",
    `a.safetensors: tensors "a" and "b" share 4 bytes. ${damaged}`,
  ]);
  assert.equal(await refused({ inner: f32([1], 4, 8), outer: f32([4], 0, 16) }, 16), [
    "SAFETENSORS_OVERLAP",
    `a.safetensors: tensors "outer" and "inner" share 4 bytes. ${damaged}`,
  ]);
});

test("bytes that belong to no tensor are refused, before, between and after", async () => {
  const start = (header: object): number => 8 + JSON.stringify(header).length;
  const before = { w: f32([1], 4, 8) };
  assert.equal(await refused(before, 8), [
    "SAFETENSORS_HOLE",
    `a.safetensors: bytes ${start(before)} to ${start(before) + 4}, before tensor "w", belong to no tensor. ${damaged}`,
  ]);
  const after = { w: f32([1], 0, 4) };
  assert.equal(await refused(after, 9), [
    "SAFETENSORS_HOLE",
    `a.safetensors: bytes ${start(after) + 4} to ${start(after) + 9}, at its end, belong to no tensor. ${damaged}`,
  ]);
});

test.run();
