import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { TensorDict, TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { encodeUtf8, type MemoryDirectory, memoryDirectory } from "@hookdict/tensordict/io";
import { fill } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure } from "../support/failure.ts";

const test = suite("TensorDict shards that were changed");

async function appendRows(writer: TensorDictWriter, count: number, value = 0): Promise<void> {
  using td = new TensorDict({ x: fill([count, 2], value) }, { batchSize: [count] });
  await writer.append(td);
}

/** Two shards of two rows. */
async function written(): Promise<MemoryDirectory> {
  const directory = memoryDirectory("rows");
  await using writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  await appendRows(writer, 2, 1);
  await appendRows(writer, 2, 2);
  return directory;
}

async function readAll(directory: MemoryDirectory): Promise<number> {
  let rows = 0;
  for await (const batch of (await TensorDictReader.open(directory)).batches(10)) {
    batch.run((td) => (rows += td.batchSize[0] ?? 0));
  }
  return rows;
}

const [first, second] = ["shard-00000.safetensors", "shard-00001.safetensors"] as const;
const changed = (file: string, problem: string): readonly [string, string] => [
  "SHARD_CHANGED",
  `rows/${file}: is not the shard that the index lists: ${problem}. It was changed, swapped or damaged since it was written: put the right file there.`,
];

const unlisted = (file: string): string =>
  `rows: holds ${file}, which its index.json does not count. The index is missing or older, or a file before that one is: put it back, or take another directory. Nothing was changed.`;

function editIndex(directory: MemoryDirectory, edit: (index: Record<string, unknown>) => void): void {
  const index = JSON.parse(new TextDecoder().decode(directory.files.get("index.json"))) as Record<
    string,
    unknown
  >;
  edit(index);
  directory.files.set("index.json", encodeUtf8(JSON.stringify(index)));
}

test("one changed byte, and swapped shards, are found before a row is read", async () => {
  const directory = await written();
  assert.is(await readAll(directory), 4);
  const bytes = directory.files.get(first)?.slice() ?? new Uint8Array();
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  const whole = directory.files.get(first) as Uint8Array;
  directory.files.set(first, bytes);
  assert.is((await asyncFailure(readAll(directory)))[0], "SHARD_CHANGED");
  directory.files.set(first, directory.files.get(second) as Uint8Array);
  directory.files.set(second, whole);
  assert.is((await asyncFailure(readAll(directory)))[0], "SHARD_CHANGED");
});

test("an index that names other rows than its shard has is found", async () => {
  const directory = await written();
  editIndex(directory, (index) => (index["shards"] = [1, 2]));
  assert.equal(await asyncFailure(readAll(directory)), changed(first, "it has 2 rows, not 1"));
  editIndex(directory, (index) => (index["checksums"] = ["00000000"]));
  assert.equal(await asyncFailure(readAll(directory)), [
    "SHARDS_INDEX",
    "rows/index.json: is no index of shards: it has no checksum for each of 2 shards. It is damaged, or was not written by a TensorDictWriter.",
  ]);
});

test("a writer refuses a directory whose index is missing, and removes nothing", async () => {
  const directory = await written();
  const files = await directory.list();
  directory.files.delete("index.json");
  assert.equal(await asyncFailure(TensorDictWriter.open(directory, { rowsPerShard: 2 })), [
    "SHARDS_UNLISTED",
    unlisted(first),
  ]);
  assert.equal(await directory.list(), files.filter((file) => file !== "index.json")); // prettier-ignore
});

test("an index that is older than the shards, and a part that is missing, are refused by reader and writer", async () => {
  const older = await written();
  editIndex(older, (index) => {
    index["shards"] = [2];
    index["checksums"] = (index["checksums"] as string[]).slice(0, 1);
  });
  const torn = memoryDirectory("rows");
  const writer = await TensorDictWriter.open(torn, { rowsPerShard: 8 });
  for (let i = 0; i < 3; i++) await appendRows(writer, 1, i);
  assert.is(await readAll(torn), 3);
  torn.files.delete("part-00000-00001.safetensors"); // the writer was killed, and then somebody did this
  const headless = memoryDirectory("rows", Object.fromEntries(torn.files));
  headless.files.delete("part-00000-00000.safetensors");
  headless.files.set("part-00000-00001.safetensors", new Uint8Array());
  for (const [directory, file, rowsPerShard] of [
    [older, second, 2],
    [torn, "part-00000-00002.safetensors", 8],
    [headless, "part-00000-00001.safetensors", 8],
  ] as const) {
    const files = await directory.list();
    const wanted = ["SHARDS_UNLISTED", unlisted(file)];
    assert.equal(await asyncFailure(readAll(directory)), wanted);
    assert.equal(await asyncFailure(TensorDictWriter.open(directory, { rowsPerShard })), wanted);
    assert.equal(await directory.list(), files);
  }
});

test("a reader that opens while the writer makes a shard of the parts has all rows", async () => {
  const directory = memoryDirectory("rows");
  const writer = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  await appendRows(writer, 2);
  let isLate = false;
  const find = directory.find.bind(directory);
  directory.find = async (file: string) => {
    if (file.startsWith("part") && !isLate) {
      isLate = true;
      await appendRows(writer, 2); // rolls the first two into a shard
    }
    return find(file);
  };
  assert.is(await readAll(directory), 4);
  await writer.close();
});

test("an index that is not UTF-8 is told", async () => {
  const directory = memoryDirectory("rows", { "index.json": Uint8Array.of(0xff) });
  assert.is((await asyncFailure(TensorDictReader.open(directory)))[0], "JSON_INVALID");
  assert.is((await asyncFailure(TensorDictWriter.open(directory, { rowsPerShard: 2 })))[0], "JSON_INVALID");
});

test("shards of differing keys are told", async () => {
  const directory = await written();
  const other = memoryDirectory("rows");
  {
    await using writer = await TensorDictWriter.open(other, { rowsPerShard: 2 });
    using td = new TensorDict({ y: fill([2], 1) }, { batchSize: [2] });
    await writer.append(td);
  }
  const theirs = JSON.parse(new TextDecoder().decode(other.files.get("index.json"))) as {
    checksums: string[];
  };
  directory.files.set(second, other.files.get(first) as Uint8Array);
  editIndex(directory, (index) => {
    index["checksums"] = [(index["checksums"] as string[])[0], theirs.checksums[0]];
  });
  assert.equal(
    await asyncFailure(readAll(directory)),
    changed(second, 'its rows are not like those before, since "y" is new'),
  );
});

test("in memory the later writer goes on, and the earlier one loses no row in silence", async () => {
  const directory = memoryDirectory("rows");
  const early = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  await using late = await TensorDictWriter.open(directory, { rowsPerShard: 2 });
  assert.equal(await asyncFailure(appendRows(early, 1)), [
    "WRITER_REPLACED",
    "append was called on a writer of rows, where a later writer goes on. Use the later one; nothing was written.",
  ]);
  await appendRows(late, 1);
  await early.close();
  assert.is(late.rows, 1);
});

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "td-lock-"));
  await body(folder);
  await rm(folder, { recursive: true });
}

test("on disk a second writer is refused while the first lives", () =>
  withFolder(async (folder) => {
    const writer = await TensorDictWriter.open(folder, { rowsPerShard: 2 });
    assert.equal(await asyncFailure(TensorDictWriter.open(folder, { rowsPerShard: 2 })), [
      "WRITER_BUSY",
      `${folder}: another TensorDictWriter is writing there (this process). Close that one first, or write to another directory.`,
    ]);
    await writer.close();
    await (await TensorDictWriter.open(folder, { rowsPerShard: 2 })).close();
    assert.equal(await readdir(folder), ["index.json"]);
  }));

test("another process's writer is refused, and what it leaves when killed is not", () =>
  withFolder(async (folder) => {
    const script = fileURLToPath(new URL("fixtures/append-forever.ts", import.meta.url));
    const flags = ["--conditions=@hookdict/source", "--import", "@hookdict/loader"];
    const child = spawn(process.execPath, [...flags, script, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.on("exit", resolve));
    for await (const line of createInterface(child.stdout)) {
      if (Number(line) < 3 || child.killed) continue;
      const [code, message] = await asyncFailure(TensorDictWriter.open(folder, { rowsPerShard: 8 }));
      assert.is(code, "WRITER_BUSY");
      assert.ok(message.includes(`process ${child.pid}`), message);
      child.kill("SIGKILL");
    }
    await ended;
    await (await TensorDictWriter.open(folder, { rowsPerShard: 8 })).close();
  }));

test("a lock of another machine holds, and one that tells nothing soon does not", () =>
  withFolder(async (folder) => {
    const lock = join(folder, ".writer.lock");
    const open = (): Promise<TensorDictWriter> => TensorDictWriter.open(folder, { rowsPerShard: 2 });
    await writeFile(lock, JSON.stringify({ host: `not-${hostname()}`, pid: 1, started: "" }));
    assert.is((await asyncFailure(open()))[0], "WRITER_BUSY");
    await writeFile(lock, "");
    assert.is((await asyncFailure(open()))[0], "WRITER_BUSY");
    // A number that this process has had before: the lock is not one that it holds.
    await writeFile(lock, JSON.stringify({ host: hostname(), pid: process.pid, started: "" }));
    await (await open()).close();
  }));

test.run();
