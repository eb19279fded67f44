import {
  blobDirectory,
  bytesSource,
  decodeUtf8,
  findFile,
  memoryDirectory,
  openDirectory,
  openFile,
  openSink,
  openSource,
  writableDirectory,
} from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("files in memory");

const damaged = "The file is damaged or was not fully written: fetch or write it again.";
const bytes = Uint8Array.of(1, 2, 3, 4);
const named = (name: string): Blob & { name: string } => Object.assign(new Blob([bytes]), { name });

test("bytes and blobs are sources, read by range", async () => {
  for (const location of [bytes, new Blob([bytes]), bytesSource("x", bytes)]) {
    const source = await openSource(location);
    const target = new Uint8Array(2);
    await source.readInto(target, 2);
    await source.close();
    assert.equal([source.size, ...target], [4, 3, 4]);
  }
});

test("a directory of one's own that finds no source is refused, with what it found", async () => {
  const place = (found: unknown): never => ({ name: "mine", find: async () => found }) as never;
  assert.is(await findFile(place(undefined), "a"), undefined);
  const nameless = { size: 4, readInto: async () => undefined, close: async () => undefined };
  for (const [found, told] of [
    [null, "null"],
    ["a", '"a"'],
    [nameless, "a record"],
    [{ ...nameless, name: "a", size: Number.NaN }, "a record"],
  ] as const)
    for (const find of [findFile, openFile])
      assert.equal(await asyncFailure(find(place(found), "a")), [
        "ARGUMENT_INVALID",
        `mine was given ${told} as the file a. Give a source of bytes with a name and a size, or undefined where there is none.`,
      ]);
  assert.equal(
    (await asyncFailure(async () => openDirectory({ find: async () => undefined } as never)))[0],
    "LOCATION_INVALID",
  );
  assert.is((await asyncFailure(openSource(nameless as never)))[0], "LOCATION_INVALID");
});

test("bytes that are no text are told so", async () => {
  assert.equal(await asyncFailure(async () => decodeUtf8(Uint8Array.of(0x61, 0xff))), [
    "UTF8_INVALID",
    "2 bytes are no UTF-8. They are of something else than a text, or of a text that was written in another encoding.",
  ]);
});

test("a range beyond the end is refused", async () => {
  for (const [location, name] of [
    [bytes, "bytes"],
    [named("picked.bin"), "picked.bin"],
  ] as const) {
    const source = await openSource(location);
    assert.equal(await asyncFailure(source.readInto(new Uint8Array(2), 3)), [
      "FILE_TRUNCATED",
      `${name}: bytes up to 5 were asked for, but it ends after 4. ${damaged}`,
    ]);
  }
});

test("arrays by name, picked files and a directory of one's own are directories", async () => {
  const own = memoryDirectory("mine", { "a.bin": bytes });
  for (const location of [{ "a.bin": bytes }, [named("a.bin")], own]) {
    const directory = openDirectory(location);
    assert.is((await directory.find("a.bin"))?.size, 4);
    assert.is(await directory.find("b.bin"), undefined);
    assert.equal(await asyncFailure(openFile(directory, "b.bin")), [
      "FILE_NOT_FOUND",
      `${directory.name}/b.bin: there is no such file. Check the directory and the file's name.`,
    ]);
  }
  assert.is(openDirectory(own), own);
  assert.is(writableDirectory(own), own);
  assert.is(blobDirectory("files", []).name, "files");
});

test("a file in memory appears at the commit, as it was when written", async () => {
  const directory = memoryDirectory("d", { a: Uint8Array.of(9) });
  const sink = await openSink(await directory.create("a"));
  const part = Uint8Array.of(1, 2);
  await sink.write(part);
  part.fill(0);
  assert.equal([...(directory.files.get("a") ?? [])], [9]);
  await sink.commit();
  assert.equal([...(directory.files.get("a") ?? [])], [1, 2]);
});

test("an aborted file in memory never appears", async () => {
  const directory = memoryDirectory("d");
  const sink = await directory.create("a");
  await sink.write(bytes);
  await sink.abort();
  assert.equal(await directory.list(), []);
  await directory.remove("a");
});

test.run();
