import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TensorDictReader, TensorDictWriter } from "@hookdict/tensordict";
import { openDirectory, openSink, openSource, writableDirectory } from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("files on disk", { folder: "" });

test.before.each((context) => void (context.folder = mkdtempSync(join(tmpdir(), "hookdict-disk-"))));
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test("any range of a file is read, by path and by URL", async ({ folder }) => {
  const file = join(folder, "a.bin");
  writeFileSync(file, Uint8Array.of(1, 2, 3, 4));
  for (const location of [file, pathToFileURL(file), pathToFileURL(file).href]) {
    const source = await openSource(location);
    const target = new Uint8Array(2);
    await source.readInto(target, 1);
    await source.close();
    assert.equal([source.name, source.size, ...target], [file, 4, 2, 3]);
  }
});

test("a directory gives what it has and undefined for the rest", async ({ folder }) => {
  writeFileSync(join(folder, "a.bin"), "abc");
  const source = await openDirectory(folder).find("a.bin");
  assert.is(source?.size, 3);
  await source?.close();
  assert.is(await openDirectory(folder).find("b.bin"), undefined);
});

test("a file that is not there is named", async ({ folder }) => {
  const file = join(folder, "none");
  assert.equal(await asyncFailure(openSource(file)), [
    "FILE_NOT_FOUND",
    `${file}: there is no such file. Check the directory and the file's name.`,
  ]);
});

test("a folder is no file", async ({ folder }) => {
  assert.equal(await asyncFailure(openSource(folder)), [
    "FILE_UNREADABLE",
    `${folder}: cannot be read (it is not a file). Give the path of a file that you may read.`,
  ]);
});

test("named pipes are no files, and are not waited for, however many", async ({ folder }) => {
  if (process.platform === "win32") return; // which has none
  const pipes = Array.from({ length: 6 }, (_, i) => join(folder, `pipe-${i}`));
  pipes.push(join(folder, "index.json"));
  execFileSync("mkfifo", pipes);
  for (const [code, reason] of await Promise.all(pipes.map((pipe) => asyncFailure(openSource(pipe))))) {
    assert.is(code, "FILE_UNREADABLE");
    assert.match(reason, "cannot be read (it is not a file)");
  }
  assert.is((await asyncFailure(TensorDictReader.open(folder)))[0], "FILE_UNREADABLE");
  assert.is((await asyncFailure(TensorDictWriter.open(folder, { rowsPerShard: 2 })))[0], "FILE_UNREADABLE");
  assert.not.ok(readdirSync(folder).includes(".writer.lock"));
});

test("a file that became shorter since it was opened is an error", async ({ folder }) => {
  const file = join(folder, "a.bin");
  writeFileSync(file, "abcd");
  const source = await openSource(file);
  truncateSync(file, 3);
  assert.equal(await asyncFailure(source.readInto(new Uint8Array(2), 2)), [
    "FILE_TRUNCATED",
    `${file}: bytes up to 4 were asked for, but it ends after 3. The file is damaged or was not fully written: fetch or write it again.`,
  ]);
  await source.close();
});

test("what is written appears at the commit, folders included, and leaves nothing beside it", async ({
  folder,
}) => {
  const sink = await openSink(join(folder, "sub", "a.txt"));
  await sink.write(new TextEncoder().encode("new"));
  await sink.write(new TextEncoder().encode("er"));
  assert.not.ok(readdirSync(join(folder, "sub")).includes("a.txt"));
  await sink.commit();
  await sink.abort();
  assert.equal(readdirSync(join(folder, "sub")), ["a.txt"]);
  assert.is(readFileSync(join(folder, "sub", "a.txt"), "utf8"), "newer");
});

test("an aborted file leaves what was there, and may be aborted twice", async ({ folder }) => {
  writeFileSync(join(folder, "a.txt"), "old");
  const sink = await openSink(pathToFileURL(join(folder, "a.txt")));
  await sink.write(new TextEncoder().encode("new"));
  await sink.abort();
  await sink.abort();
  assert.equal(readdirSync(folder), ["a.txt"]);
  assert.is(readFileSync(join(folder, "a.txt"), "utf8"), "old");
});

test("a commit that cannot take the name leaves nothing beside it", async ({ folder }) => {
  mkdirSync(join(folder, "taken", "inside"), { recursive: true });
  const sink = await openSink(join(folder, "taken"));
  await sink.write(Uint8Array.of(1));
  assert.is((await asyncFailure(sink.commit()))[0], "Error");
  assert.equal(readdirSync(folder), ["taken"]);
});

test("a directory lists and removes its files", async ({ folder }) => {
  const directory = writableDirectory(folder);
  for (const name of ["b", "a"]) await (await directory.create(name)).commit();
  assert.equal(await directory.list(), ["a", "b"]);
  await directory.remove("a");
  await directory.remove("a");
  assert.equal(await directory.list(), ["b"]);
});

test.run();
