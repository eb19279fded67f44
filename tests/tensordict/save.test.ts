import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Key, TensorDict } from "@hookdict/tensordict";
import { bytesSource, type ByteSink, memoryDirectory } from "@hookdict/tensordict/io";
import { complex, getBackend, getKernel, memory, scalar, tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure } from "../support/failure.ts";
import { everything } from "./fixtures/saved.ts";

const test = suite("TensorDict files");
const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** The bytes that `save` writes. */
async function bytesOf(td: TensorDict): Promise<Uint8Array> {
  const files = memoryDirectory("memory");
  await td.save(await files.create("a"));
  return files.files.get("a") ?? new Uint8Array();
}

test("what is saved comes back: tree, batch sizes, every dtype, every value", async () => {
  using td = everything();
  using back = await TensorDict.load(await bytesOf(td));
  assert.is(String(back), String(td));
  assert.equal(await back.toHost(), await td.toHost());
  assert.ok(Object.is(back.get<{ list: number[] }>("config").list[0], -0));
});

test("a file on disk is replaced whole, and nothing else is left there", async () => {
  const folder = await mkdtemp(join(tmpdir(), "td-"));
  const file = join(folder, "new", "a.safetensors");
  using td = new TensorDict({ x: scalar(1) });
  await td.save(file);
  td.set("x", scalar(2));
  await td.save(file);
  using back = await TensorDict.load(file);
  assert.equal([back.get("x").dataSync()[0], await readdir(join(folder, "new"))], [2, ["a.safetensors"]]);
  await rm(folder, { recursive: true });
});

test("a failure while writing leaves the old file", async () => {
  const files = memoryDirectory("memory");
  using td = new TensorDict({ x: scalar(1) });
  await td.save(await files.create("a"));
  const old = files.files.get("a");
  const sink = await files.create("a");
  const failing: ByteSink = { ...sink, write: async () => Promise.reject(new Error("disk full")) };
  assert.is((await asyncFailure(td.save(failing)))[1], "disk full");
  assert.is(files.files.get("a"), old);
});

test("what is saved is what was there when save was called", async () => {
  const td = new TensorDict({ x: scalar(1), text: "t" });
  const files = memoryDirectory("memory");
  const sink = await files.create("a");
  const saving = td.save(sink);
  td.set("x", scalar(2));
  td.dispose();
  await saving;
  using back = await TensorDict.load(files.files.get("a") ?? new Uint8Array());
  assert.is(back.get("x").dataSync()[0], 1);
});

test("an open file is read by key", async () => {
  using td = everything();
  await using saved = await TensorDict.open(await bytesOf(td));
  const before = memory().numTensors;
  assert.equal([saved.batchSize, saved.has(["fwd", "done"]), saved.has("x")], [[2], true, false]);
  assert.equal(saved.keys(), td.keys({ nested: true, leavesOnly: true }));
  const q = await saved.get(["fwd", "blocks.0.hook_q"]);
  assert.equal([memory().numTensors, q.dtype, ...q.dataSync()], [before + 1, "int32", 5, -6]);
  q.dispose();
  using fwd = await saved.get<TensorDict>("fwd");
  assert.equal([fwd.batchSize, fwd.keys()], [[2], ["blocks.0.hook_q", "done"]]);
  assert.equal(await saved.get("tags"), ["a", null]);
  assert.is((await asyncFailure(saved.get("nothing")))[0], "KEY_MISSING");
  assert.is((await asyncFailure(saved.get(["name", "x"])))[0], "KEY_THROUGH_LEAF");
});

test("reading a key reads its bytes and no others", async () => {
  const td = new TensorDict({ a: tensor1d(new Float32Array(1000)), b: tensor1d([1, 2]) });
  const source = bytesSource("big", await bytesOf(td));
  td.dispose();
  let read = 0;
  const counting = {
    ...source,
    readInto: async (target: Uint8Array, offset: number): Promise<void> => {
      read += target.byteLength;
      await source.readInto(target, offset);
    },
  };
  await using saved = await TensorDict.open(counting);
  read = 0;
  (await saved.get("b")).dispose();
  assert.is(read, 2 * 4);
});

test("rows are read without the others", async () => {
  using td = everything();
  await using saved = await TensorDict.open(await bytesOf(td));
  using row = await saved.rows(1, 1);
  using expected = td.slice(1, 2);
  assert.equal(await row.toHost(), await expected.toHost());
});

test("complex numbers are saved, where the backend has them", async () => {
  if (getKernel("Complex", getBackend()) === undefined) return;
  const [re, im] = [tensor1d([1, 2]), tensor1d([3, 4])];
  using td = new TensorDict({ z: complex(re, im) });
  using back = await TensorDict.load(await bytesOf(td));
  assert.equal([back.get("z").dtype, ...back.get("z").dataSync()], ["complex64", 1, 3, 2, 4]);
  re.dispose();
  im.dispose();
});

test("a file that Python wrote is one level of its tensors", async () => {
  using td = await TensorDict.load(fixture("python.safetensors"));
  const read = (key: Key): unknown => [td.get(key).dtype, td.get(key).shape, ...td.get(key).dataSync()];
  assert.equal(read("obs"), ["float32", [2, 2], 1.5, -2, 3, 4]);
  assert.equal(read("half"), ["float32", [2], 0.5, 65504]);
  assert.equal(read("double"), ["float32", [1], 0.25]);
  assert.equal(read("layer.0.count"), ["int32", [3], 1, -2, 3]);
  assert.equal([read("small"), read("byte")], [["int32", [2], -1, 127], ["int32", [2], 0, 255]]); // prettier-ignore
  assert.equal([read("done"), td.batchSize], [["bool", [2], 1, 0], []]);
});

test("what Python reads in a file of ours is what was saved", async () => {
  using td = everything();
  assert.equal(Buffer.from(await bytesOf(td)), await readFile(fixture("saved.safetensors")));
  const python = JSON.parse(await readFile(fixture("saved.json"), "utf8")) as Record<string, unknown>;
  assert.equal(python["fwd/blocks.0.hook_q"], { dtype: "int32", shape: [2], values: [5, -6] });
  assert.equal(python["fwd/done"], { dtype: "bool", shape: [2], values: [true, false] });
  assert.equal(python["text"], { dtype: "uint8", shape: [6], values: [...Buffer.from("héllo")] });
  assert.equal(python["text~lengths"], { dtype: "int32", shape: [2], values: [6, 0] });
  assert.equal(python["a~1b~0c"], { dtype: "float32", shape: [2], values: [7, 8] });
  assert.equal(Object.keys(python).sort(), [
    "__proto__/constructor",
    "a~1b~0c",
    "fwd/blocks.0.hook_q",
    "fwd/done",
    "obs",
    "text",
    "text~lengths",
    "~2constructor",
  ]);
});

test("a value that no file can hold is refused before the file is touched", async () => {
  using td = new TensorDict({ a: { b: [new Map()] } });
  const untouched = memoryDirectory("memory");
  const told = [
    "SAVE_VALUE",
    'The value at ["a","b"] cannot be saved: it holds a Map. Files take strings, numbers, booleans, null, bigints, dates, and lists and records of these.',
  ] as const;
  assert.equal(await asyncFailure(td.save(await untouched.create("a"))), told);
  assert.is(untouched.files.size, 0);
});

test("rows that a file does not have", async () => {
  using td = everything();
  await using saved = await TensorDict.open(await bytesOf(td));
  assert.equal(await asyncFailure(saved.rows(1, 2)), [
    "SAVED_ROWS",
    "bytes: rows 1 to 3 were asked for, and it has 2. Rows are what the first batch dim counts.",
  ]);
  using single = new TensorDict({ x: scalar(1) });
  await using one = await TensorDict.open(await bytesOf(single));
  assert.is(
    (await asyncFailure(one.rows(0, 1)))[1],
    "bytes: rows 0 to 1 were asked for, and it has no batch dims. Rows are what the first batch dim counts.",
  );
});

test.run();
