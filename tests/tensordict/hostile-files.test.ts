import { TensorDict } from "@hookdict/tensordict";
import { memory } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure } from "../support/failure.ts";

const test = suite("TensorDict hostile files");

/** A safetensors file with the header as it is given and `size` bytes of zeros. */
function file(header: string, size = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

/** A file of ours with one float32 tensor `x` of shape [2], and a tree of one's own. */
function withTree(
  tree: unknown,
  entries: object = { x: { dtype: "F32", shape: [2], data_offsets: [0, 8] } },
): Uint8Array {
  const metadata = {
    "hookdict.tensordict": typeof tree === "string" ? tree : JSON.stringify({ version: 1, tree }),
  };
  return file(JSON.stringify({ __metadata__: metadata, ...entries }), 8);
}

async function refused(bytes: Uint8Array): Promise<readonly [string, string]> {
  const before = memory();
  const error = await asyncFailure(TensorDict.load(bytes));
  assert.equal([memory().numTensors, memory().numBytes], [before.numTensors, before.numBytes]);
  return error;
}

const entry = (shape: number[], offsets: number[]): string =>
  JSON.stringify({ dtype: "F32", shape, data_offsets: offsets });

test("files that are no safetensors are refused by the reader", async () => {
  const endless = new Uint8Array(16);
  new DataView(endless.buffer).setBigUint64(0, 2n ** 63n, true);
  const cases: [Uint8Array, string][] = [
    [endless, "SAFETENSORS_HEADER_LENGTH"],
    [file("{}").slice(0, 5), "SAFETENSORS_TOO_SHORT"],
    [file(`{"a":${entry([2], [0, 8])},"b":${entry([2], [4, 12])}}`, 12), "SAFETENSORS_OVERLAP"],
    [file(`{"a":${entry([2], [0, 8])}}`, 4), "SAFETENSORS_OFFSETS"],
    [file(`{"a":${entry([2 ** 40], [0, 8])}}`, 8), "SAFETENSORS_SIZE"],
    [file(`{"a":${entry([2], [0, 8])},"a":${entry([2], [0, 8])}}`, 8), "JSON_DUPLICATE_KEY"],
    [file(`{"__proto__":${entry([2], [0, 8])}}`, 8), "JSON_FORBIDDEN_KEY"],
    [file(`{"constructor":${entry([2], [0, 8])}}`, 8), "JSON_FORBIDDEN_KEY"],
    [file(`{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`), "JSON_TOO_DEEP"],
  ];
  for (const [bytes, code] of cases) assert.is((await refused(bytes))[0], code);
});

test("a truncated file is refused wherever it ends", async () => {
  const whole = withTree({ batchSize: [], leaves: [["x", { tensor: "float32" }]] });
  (await TensorDict.load(whole)).dispose();
  for (let length = 0; length < whole.length; length += 7) {
    assert.match((await refused(whole.slice(0, length)))[0], /^SAFETENSORS_|^JSON_/);
  }
});

test("a tree that contradicts the file is refused with one message", async () => {
  const told = (where: string, problem: string): readonly [string, string] => [
    "SAVED_TREE",
    `bytes: its TensorDict is not as it should be${where}: ${problem}. It is damaged, or was not written by save().`,
  ];
  const tree = (leaves: unknown, batchSize: unknown = []): object => ({ batchSize, leaves });
  const x = ["x", { tensor: "float32" }];
  const cases: [unknown, readonly [string, string]][] = [
    [tree([x, ["y", { tensor: "float32" }]]), told(' at "y"', 'there is no tensor "y"')],
    [tree([]), told("", 'no key has the tensor "x"')],
    [tree([x, x]), told(' at "x"', "the key is there twice")],
    [tree([["x", { tensor: "int32" }]]), told(' at "x"', 'the tensor "x" is F32, not I32')],
    [tree([["x", { tensor: "float64" }]]), told(' at "x"', 'there is no dtype "float64"')],
    [tree([["x", { tensor: "string" }]]), told(' at "x"', 'the tensor "x" is F32, not U8')],
    [tree([x], [3]), told(' at "x"', "the shape [2] does not begin with [3]")],
    [
      tree([x, ["y", { dict: tree([], [3]) }]], [2]),
      told(' at "y"', "the shape [3] does not begin with [2]"),
    ],
    [tree([x], [-1]), told("", "the batch size is no list of sizes")],
    [tree({}), told("", "the leaves are no list")],
    [tree([x, [3, {}]]), told("", "a leaf has no name")],
    [tree([x, ["y", []]]), told(' at "y"', "a record is missing")],
    [tree([x, ["y", {}]]), told(' at "y"', "it is no tensor, no dict and no value")],
    [tree([x, ["y", { values: [1], shape: [2] }]]), told(' at "y"', "it is no tensor, no dict and no value")],
    [
      tree([x, ["y", { value: { $: "code", of: "1" } }]]),
      told(' at "y"', 'there is no value of the kind "code"'),
    ],
  ];
  for (const [given, error] of cases) assert.equal(await refused(withTree(given)), error);
});

test("a tree of another version, of bad JSON, or of great depth", async () => {
  assert.equal(await refused(withTree('{"version":2}')), [
    "SAVED_VERSION",
    "bytes: holds a TensorDict of version 2; this package reads version 1. Read it with the package that wrote it, or a newer one.",
  ]);
  assert.is((await refused(withTree("{")))[0], "JSON_INVALID");
  const deep = (levels: number): string =>
    `{"version":1,"tree":${'{"batchSize":[],"leaves":[["a",{"dict":'.repeat(levels)}{}${"}]]}".repeat(levels)}}`;
  assert.is((await refused(withTree(deep(10_000))))[0], "JSON_TOO_DEEP");
  assert.match((await refused(withTree(deep(150))))[1], "it is nested deeper than 100");
});

test("texts whose lengths are not those of their bytes", async () => {
  const entries = {
    x: { dtype: "U8", shape: [4], data_offsets: [4, 8] },
    "x~lengths": { dtype: "I32", shape: [1], data_offsets: [0, 4] },
  };
  const bytes = withTree({ batchSize: [], leaves: [["x", { tensor: "string" }]] }, entries);
  assert.equal(await refused(bytes), [
    "SAVED_TREE",
    'bytes: its TensorDict is not as it should be at "x": its texts should have 0 bytes and have 4. It is damaged, or was not written by save().',
  ]);
});

test("names that mean something to objects stay names", async () => {
  const leaves = [["x", { tensor: "float32" }], ["__proto__", { dict: { batchSize: [], leaves: [["polluted", { value: 1 }]] } }]]; // prettier-ignore
  using td = await TensorDict.load(withTree({ batchSize: [], leaves }));
  assert.equal(td.get(["__proto__", "polluted"]), 1);
  assert.is(({} as { polluted?: unknown }).polluted, undefined);
});

test.run();
