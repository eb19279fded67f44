import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type ByteSink,
  memoryDirectory,
  openSafetensors,
  type SafetensorsItem,
  writeSafetensors,
} from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("writing safetensors files", { folder: "" });

test.before.each((context) => void (context.folder = mkdtempSync(join(tmpdir(), "hookdict-write-"))));
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

const item = (name: string, values: readonly number[]): SafetensorsItem => ({
  name,
  dtype: "F32",
  shape: [values.length],
  data: new Float32Array(values),
});

test("what was written is read back, with names, shapes and notes", async ({ folder }) => {
  const file = join(folder, "sub", "a.safetensors");
  const flags: SafetensorsItem = {
    name: "flags",
    dtype: "BOOL",
    shape: [1, 3],
    data: new Uint8Array([1, 0, 1]),
  };
  await writeSafetensors(file, [flags, item("w", [1, 2])], { metadata: { format: "pt" } });
  await using store = await openSafetensors(file);
  assert.equal([...store.entries.keys()], ["flags", "w"]);
  assert.equal([...(await store.read("flags")).data], [1, 0, 1]);
  assert.equal([...(await store.read("w")).data], [1, 2]);
  assert.equal([...store.metadata], [["format", "pt"]]);
});

test("every tensor begins at a multiple of its element size", async () => {
  const directory = memoryDirectory("d");
  const odd: SafetensorsItem = { name: "odd", dtype: "U8", shape: [3], data: new Uint8Array(3) };
  await writeSafetensors(await directory.create("a"), [odd, item("w", [1])]);
  await using store = await openSafetensors(directory.files.get("a") ?? new Uint8Array());
  assert.is((store.entries.get("w")?.offset ?? 1) % 4, 0);
});

test("data can be made when their turn has come", async () => {
  const directory = memoryDirectory("d");
  const late = { ...item("w", [3]), data: async () => new Float32Array([3]) };
  await writeSafetensors(await directory.create("a"), [late]);
  await using store = await openSafetensors(directory.files.get("a") ?? new Uint8Array());
  assert.equal([...(await store.read("w")).data], [3]);
});

test("a name given twice, and a reserved one, cannot be written", async () => {
  const directory = memoryDirectory("d");
  const write = async (...names: string[]): Promise<void> =>
    writeSafetensors(
      await directory.create("a"),
      names.map((name) => item(name, [1])),
    );
  const message = (name: string): string =>
    `d/a: cannot hold a tensor named "${name}", which is reserved or there already. Give every tensor a name of its own.`;
  assert.equal(await asyncFailure(write("w", "w")), ["SAFETENSORS_WRITE_NAME", message("w")]);
  for (const name of ["__metadata__", "__proto__"]) {
    assert.equal(await asyncFailure(write(name)), ["SAFETENSORS_WRITE_NAME", message(name)]);
  }
  assert.equal(await directory.list(), []);
});

test("data that are not as long as the shape says leave the old file as it was", async ({ folder }) => {
  const file = join(folder, "a.safetensors");
  writeFileSync(file, "old");
  assert.equal(
    await asyncFailure(writeSafetensors(file, [item("a", [1]), { ...item("w", [1, 2]), shape: [3] }])),
    [
      "SAFETENSORS_WRITE_BYTES",
      `${file}: tensor "w" takes 12 bytes by its shape and dtype, but its data have 8. Give the elements of the whole tensor, in its dtype.`,
    ],
  );
  assert.is(readFileSync(file, "utf8"), "old");
  assert.equal(readdirSync(folder), ["a.safetensors"]);
});

test("a file: URL is a place to write to, and what was there is replaced", async ({ folder }) => {
  const url = pathToFileURL(join(folder, "a.safetensors"));
  await writeSafetensors(url, [item("w", [1])]);
  await writeSafetensors(url.href, [item("v", [2])]);
  await using store = await openSafetensors(url);
  assert.equal([...store.entries.keys()], ["v"]);
});

test("a sink that fails is aborted, and its error is thrown", async () => {
  const calls: string[] = [];
  const sink: ByteSink = {
    name: "full disk",
    write: () => Promise.reject(new Error("no space")),
    commit: async () => void calls.push("commit"),
    abort: async () => void calls.push("abort"),
  };
  assert.equal(await asyncFailure(writeSafetensors(sink, [item("w", [1])])), ["Error", "no space"]);
  assert.equal(calls, ["abort"]);
});

test.run();
