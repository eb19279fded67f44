import { fileURLToPath } from "node:url";
import { TensorDict } from "@hookdict/tensordict";
import { memoryDirectory, openSafetensors, writeSafetensors } from "@hookdict/tensordict/io";
import { ones, scalar, tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";

const test = suite("TensorDict trees of Python");

const written = fileURLToPath(new URL("fixtures/python-tree.safetensors", import.meta.url));

async function bytesOf(td: TensorDict): Promise<Uint8Array> {
  const files = memoryDirectory("memory");
  await td.save(await files.create("a"));
  return files.files.get("a") ?? new Uint8Array();
}

/** A file with one tensor `x` of one float and Python's metadata. */
async function withTree(root: unknown, version = 1): Promise<Uint8Array> {
  const files = memoryDirectory("memory");
  const metadata = { tensordict: JSON.stringify({ version, root }) };
  const x = { name: "x", dtype: "F32", shape: [1], data: new Float32Array(1) } as const;
  await writeSafetensors(await files.create("a"), [x], { metadata });
  return files.files.get("a") ?? new Uint8Array();
}

test("a file that Python's tensordict wrote is read as its tree", async () => {
  using td = await TensorDict.load(written);
  assert.equal(td.batchSize, [2]);
  assert.equal(td.get<TensorDict>("next").batchSize, [2, 3]);
  assert.equal([td.get("nested.dot").shape, td.get(["next", "big"]).dtype], [[2, 1], "int32"]);
  assert.equal([...td.get(["next", "done"]).dataSync()], [1, 0, 1, 1, 0, 1]);
  assert.equal(
    [td.get<unknown>("note"), td.get<unknown>("config")],
    ["hello", { layers: 2, names: ["a", null] }],
  );
});

test("what is saved carries the tree as Python reads it", async () => {
  using td = new TensorDict(
    { a: { "b/c": ones([2, 3]) }, note: "hi", text: tensor1d(["x", "yz"]) },
    { batchSize: [2] },
  );
  await using file = await openSafetensors(await bytesOf(td));
  assert.equal(JSON.parse(file.metadata.get("tensordict") ?? ""), {
    version: 1,
    root: {
      batch_size: [2],
      names: null,
      keys: {
        a: { td: { batch_size: [2], names: null, keys: { "b/c": { tensor: "a/b~1c" } } } },
        note: { non_tensor: "hi" },
        text: { tensor: "text", unbatched: true },
        "text~lengths": { tensor: "text~lengths" },
      },
    },
  });
});

test("a tree of Python's that is not as it should be is refused", async () => {
  const level = { batch_size: [], names: null, keys: { x: { tensor: "x" } } };
  const told = (problem: string): readonly [string, string] => [
    "SAVED_TREE",
    `bytes: its TensorDict is not as it should be${problem}. It is damaged, or was not written by save().`,
  ];
  const load = async (root: unknown, version?: number): Promise<readonly [string, string]> =>
    asyncFailure(TensorDict.load(await withTree(root, version)));
  assert.equal(await load({ ...level, keys: {} }), told(': no key has the tensor "x"'));
  assert.equal(await load({ ...level, keys: { y: { tensor: 1 } } }), told(' at "y": there is no tensor 1'));
  assert.equal(
    await load({ ...level, batch_size: [2] }),
    told(' at "x": the shape [1] does not begin with [2]'),
  );
  assert.equal(await load({ ...level, keys: [] }), told(": a record is missing"));
  assert.is((await load(level, 2))[0], "SAVED_VERSION");
});

test("what could be saved and not read again is refused when it is saved", async () => {
  const refused = async (content: Record<string, unknown>): Promise<readonly [string, string]> => {
    using td = new TensorDict(content);
    return await asyncFailure(bytesOf(td));
  };
  assert.equal(await refused({ when: new Date(NaN) }), [
    "SAVE_VALUE",
    'The value at "when" cannot be saved: it holds an invalid Date. Files take strings, numbers, booleans, null, bigints, dates, and lists and records of these.',
  ]);
  assert.equal(await refused({ a: { "\ud800": scalar(1) } }), [
    "SAVE_KEY",
    'The key ["a","\\ud800"] cannot be saved: it holds half of a surrogate pair, which UTF-8 does not have. Rename it first.',
  ]);
  assert.equal(await refused({ m: tensor1d(Uint8Array.of(2), "bool") }), [
    "SAVE_VALUE",
    'The value at "m" cannot be saved: it holds a bool that is 2, neither 0 nor 1. Files take strings, numbers, booleans, null, bigints, dates, and lists and records of these.',
  ]);
  const long = { name: "x", dtype: "U8", shape: [0], data: new Uint8Array() } as const;
  const sink = await memoryDirectory("memory").create("a");
  const note = "n".repeat(100_000_000);
  assert.equal(await asyncFailure(writeSafetensors(sink, [long], { metadata: { note } })), [
    "SAFETENSORS_WRITE_HEADER",
    `memory/a: its header would have ${100_000_000 + 80} bytes; readers take at most 100000000. Save fewer tensors or values in one file; long texts fit into string tensors.`,
  ]);
  assert.equal(await asyncFailure(writeSafetensors(sink, [{ ...long, name: "\udfff" }])), [
    "SAFETENSORS_WRITE_TEXT",
    'memory/a: cannot hold a tensor named "\\udfff", which has half of a surrogate pair. Give it a name that is Unicode text.',
  ]);
});

test("metadata that are null count as none", async () => {
  const header = '{"__metadata__":null,"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
  const bytes = new Uint8Array(8 + header.length + 1);
  bytes[0] = header.length;
  bytes.set(new TextEncoder().encode(header), 8);
  await using file = await openSafetensors(bytes);
  assert.equal([file.metadata.size, file.entries.size], [0, 1]);
});

test("lazyStack refuses what belongs to another, and frees what it has", () => {
  using td = new TensorDict({ inner: { x: scalar(1) } });
  const own = new TensorDict({ x: scalar(2) });
  assert.equal(
    failure(() => TensorDict.lazyStack([own, td.get<TensorDict>("inner")])),
    [
      "LAZY_NESTED",
      'lazyStack was given the TensorDict at "inner", which belongs to the one around it. Give a clone() of it, or take it out with release() first.',
    ],
  );
  const stack = TensorDict.lazyStack([own, new TensorDict({ x: scalar(3) })]);
  td.set("taken", own);
  stack.dispose();
  assert.not(own.isDisposed);
});

test("dense keeps the levels that all share, empty ones too", () => {
  const part = (): TensorDict => new TensorDict({ empty: {}, deep: { only: {} }, x: scalar(1) });
  using stack = TensorDict.lazyStack([part().set("a", 1), part().set("b", 1)]);
  using dense = stack.dense({ shared: true });
  assert.equal(dense.keys({ nested: true }), ["empty", "deep", ["deep", "only"], "x"]);
});

test("a TensorDict with a bigint prints and becomes JSON", () => {
  using td = new TensorDict({ big: [10n] });
  assert.is(JSON.stringify(td), '{"batchSize":[],"entries":{"big":{"value":["10n"]}}}');
});

test.run();
