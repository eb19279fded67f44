import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import {
  bytesSource,
  encodeUtf8,
  findUrl,
  memoryDirectory,
  openCheckpoint,
  openSafetensors,
  readJson,
  type SafetensorsItem,
  urlDirectory,
  writeSafetensors,
} from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("files read from afar");

/** A file of `count` tensors of `size` floats, each full of its number. */
async function fileOf(count: number, size: number): Promise<Uint8Array> {
  const items = Array.from({ length: count }, (_, i): SafetensorsItem => {
    return { name: `t${i}`, dtype: "F32", shape: [size], data: new Float32Array(size).fill(i) };
  });
  const files = memoryDirectory("memory");
  await writeSafetensors(await files.create("a"), items);
  return files.files.get("a") ?? new Uint8Array();
}

/** Serves one file by ranges while `body` runs; gives the ranges that were asked for. */
async function served(bytes: Uint8Array, body: (url: string) => Promise<void>): Promise<string[]> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    const [, from = "0", to = "0"] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    ranges.push(`${from}-${to}`);
    response.writeHead(206, { "content-range": `bytes ${from}-${to}/${bytes.length}`, connection: "close" });
    response.end(bytes.subarray(Number(from), Number(to) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await body(`http://127.0.0.1:${port}/model.safetensors`);
  await new Promise((resolve) => server.close(resolve));
  return ranges;
}

test("small tensors are read together with their neighbours", async () => {
  const ranges = await served(await fileOf(80, 1000), async (url) => {
    await using store = await openCheckpoint(url.replace("/model.safetensors", ""));
    for (const name of store.entries.keys()) {
      const { data } = await store.read(name);
      assert.equal([data.length, data[999]], [1000, Number(name.slice(1))]);
    }
  });
  assert.is(ranges.length, 4, ranges.join(", ")); // is it there, how long is the header, the header, all 80 tensors
});

test("large tensors are read by themselves, and the next range is fetched ahead", async () => {
  const [many, size] = [5, 600_000]; // 2.4 MB each: one per range of at most 4 MiB
  const ranges = await served(await fileOf(many, size), async (url) => {
    await using store = await openSafetensors(url);
    const order = [4, 0, 1, 2, 3];
    for (const i of order) assert.is((await store.read(`t${i}`)).data[size - 1], i);
  });
  assert.is(ranges.length, 3 + many, ranges.join(", "));
});

test("rows of a tensor are read without their neighbours", async () => {
  const ranges = await served(await fileOf(3, 1000), async (url) => {
    await using store = await openSafetensors(url);
    assert.equal([...(await store.readRows("t1", 0, 2)).data], [1, 1]);
  });
  const [from = 0, to = 0] = (ranges.at(-1) ?? "").split("-").map(Number);
  assert.is(to - from + 1, 8);
});

test("a server that does not answer is told with its address", async () => {
  const fetch = async (): Promise<never> => Promise.reject(new TypeError("fetch failed"));
  assert.equal(await asyncFailure(findUrl("https://example.org/a", { fetch })), [
    "URL_UNREACHABLE",
    "https://example.org/a: there is no answer (fetch failed). Check the address and the network; in a page, whether the server lets other origins read (CORS).",
  ]);
  assert.is((await asyncFailure(async () => urlDirectory("https://example.org", { fetch }).find("a")))[0], "URL_UNREACHABLE"); // prettier-ignore
});

test("gzip, pointers of Git LFS, pages and zip archives are named for what they are", async () => {
  const pointer = encodeUtf8("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
  const page = encodeUtf8("\n<!DOCTYPE html><html><head><title>Sign in</title></head></html>");
  const zip = Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0);
  const told: [Uint8Array, string][] = [
    [gzipSync(await fileOf(1, 1)), "compressed with gzip. Unpack it first, or let the server say Content-Encoding: gzip."],
    [pointer, "a pointer of Git LFS, not the file itself. Run `git lfs pull` in the repository, or download the file itself."],
    [page, "a page of HTML. Open its address in a browser: it is likely a page about the file, or one that asks to log in."],
    [zip, "a zip archive (as PyTorch writes them). Give safetensors files."],
  ]; // prettier-ignore
  for (const [bytes, what] of told) {
    assert.equal(await asyncFailure(openSafetensors(bytesSource("w", bytes))), [
      "FILE_FOREIGN",
      `w: is ${what}`,
    ]);
    assert.is((await asyncFailure(readJson(memoryDirectory("m", { "c.json": bytes }), "c.json")))[0], "FILE_FOREIGN"); // prettier-ignore
  }
});

test.run();
