import { memoryDirectory, openCheckpoint, type SourceDirectory } from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { safetensorsBytes } from "../../support/safetensors.ts";

const test = suite("checkpoints of one or several files");

const INDEX = "model.safetensors.index.json";
const hint = "Fetch index and shards of one version.";
const indexHint = 'An index is { "weight_map": { tensor name: file name } }.';

/** A file with one-byte tensors of these names; the value is the name's length. */
const shard = (...names: string[]): Uint8Array =>
  safetensorsBytes(
    Object.fromEntries(names.map((name, i) => [name, { dtype: "U8", shape: [1], data_offsets: [i, i + 1] }])),
    Uint8Array.from(names, (name) => name.length),
  );

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** A directory with an index, shards by name, and a count of the files that are open. */
const sharded = (
  weightMap: unknown,
  shards: Record<string, Uint8Array> = {},
): SourceDirectory & { open: number } => {
  const files = memoryDirectory("d", { [INDEX]: json({ weight_map: weightMap }), ...shards });
  const directory = {
    name: "d",
    open: 0,
    async find(file: string) {
      const source = await files.find(file);
      if (source !== undefined) directory.open++;
      return source && { ...source, close: async () => void directory.open-- };
    },
  };
  return directory;
};

/** Code and message; and nothing is left open. */
const refused = async (directory: SourceDirectory & { open: number }): Promise<readonly [string, string]> => {
  const failed = await asyncFailure(openCheckpoint(directory));
  assert.is(directory.open, 0);
  return failed;
};

test("one file is a checkpoint of its own", async () => {
  await using store = await openCheckpoint({ "model.safetensors": shard("a", "bb") });
  assert.equal([...(await store.read("bb")).data], [2]);
});

test("shards are one store, and all are closed with it", async () => {
  const directory = sharded(
    { a: "1.safetensors", bb: "2.safetensors", ccc: "1.safetensors" },
    { "1.safetensors": shard("a", "ccc"), "2.safetensors": shard("bb") },
  );
  {
    await using store = await openCheckpoint(directory);
    assert.is(directory.open, 2);
    for (const [name, value] of [
      ["a", 1],
      ["bb", 2],
      ["ccc", 3],
    ] as const)
      assert.equal([...(await store.read(name)).data], [value]);
  }
  assert.is(directory.open, 0);
});

test("a directory without weights says what it should hold", async () => {
  assert.equal(await asyncFailure(openCheckpoint(memoryDirectory("d"))), [
    "CHECKPOINT_MISSING",
    "d: has neither model.safetensors nor model.safetensors.index.json. Give a Hugging Face directory with safetensors weights.",
  ]);
});

test("an index that is none is refused", async () => {
  for (const weightMap of [undefined, 3, ["a"]]) {
    assert.equal(await refused(sharded(weightMap)), [
      "CHECKPOINT_INDEX",
      `d/${INDEX}: has no "weight_map" object. ${indexHint}`,
    ]);
  }
});

for (const name of ["../1.safetensors", "/etc/passwd", "1.bin", ".safetensors", "sub/1.safetensors", 7]) {
  test(`an index that puts a tensor in ${JSON.stringify(name)} is refused`, async () => {
    assert.equal(await refused(sharded({ a: name })), [
      "CHECKPOINT_INDEX",
      `d/${INDEX}: puts tensor "a" in ${JSON.stringify(name)}, which is not a safetensors file beside it. ${indexHint}`,
    ]);
  });
}

test("a shard that is not there is named", async () => {
  const directory = sharded({ a: "1.safetensors", b: "2.safetensors" }, { "1.safetensors": shard("a") });
  assert.equal(await refused(directory), [
    "FILE_NOT_FOUND",
    "d/2.safetensors: there is no such file. Check the directory and the file's name.",
  ]);
});

test("a shard that lacks a tensor, or has one more, is refused", async () => {
  assert.equal(await refused(sharded({ a: "1.safetensors" }, { "1.safetensors": shard() })), [
    "CHECKPOINT_SHARD_LACKS",
    `d/1.safetensors: lacks tensor "a", which ${INDEX} says it has. ${hint}`,
  ]);
  assert.equal(await refused(sharded({ a: "1.safetensors" }, { "1.safetensors": shard("a", "b") })), [
    "CHECKPOINT_SHARD_EXTRA",
    `d/1.safetensors: has tensor "b", which ${INDEX} does not list. ${hint}`,
  ]);
});

test("a tensor in two shards is refused with where it belongs", async () => {
  const directory = sharded(
    { a: "1.safetensors", b: "2.safetensors" },
    { "1.safetensors": shard("a", "b"), "2.safetensors": shard("b") },
  );
  assert.equal(await refused(directory), [
    "CHECKPOINT_SHARD_EXTRA",
    `d/1.safetensors: has tensor "b", which ${INDEX} puts in 2.safetensors. ${hint}`,
  ]);
});

test("a damaged shard is named", async () => {
  const directory = sharded({ a: "1.safetensors" }, { "1.safetensors": shard("a").subarray(0, -1) });
  assert.match(
    (await refused(directory))[1],
    /^d\/1\.safetensors: tensor "a" lies at \[0, 1\], outside the 0 bytes/,
  );
});

test.run();
