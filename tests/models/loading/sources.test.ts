import { createServer, type Server } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DirectoryLocation, urlDirectory } from "@hookdict/tensordict/io";
import { GPT2 } from "@hookdict/models";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { fileOf, jsonFile, tinyFiles } from "./tiny.ts";

const test = suite("where GPT2.fromPretrained reads from");

/** The positions' weights of what was loaded. */
async function positionsOf(location: DirectoryLocation): Promise<number[]> {
  using model = await GPT2.fromPretrained(location);
  return [...model.W_pos.dataSync()];
}

/** Serves files under /tiny/, by ranges if it is asked to; runs `use` with the base address. */
async function served<T>(
  files: Readonly<Record<string, Uint8Array>>,
  knowsRanges: boolean,
  use: (base: string) => Promise<T>,
): Promise<T> {
  const server: Server = createServer((request, response) => {
    const bytes = files[(request.url ?? "").replace("/tiny/", "")];
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    if (bytes === undefined) response.writeHead(404).end();
    else if (!knowsRanges || from === undefined) response.end(bytes);
    else {
      const range = `bytes ${from}-${to}/${bytes.byteLength}`;
      response.writeHead(206, { "content-range": range }).end(bytes.subarray(Number(from), Number(to) + 1));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny`); // it listens on a port
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("a path, a file URL and its text lead to the same directory", async () => {
  const files = await tinyFiles();
  const directory = mkdtempSync(join(tmpdir(), "hookdict-"));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(directory, name), bytes);
  const url = pathToFileURL(directory);
  const read = [await positionsOf(directory), await positionsOf(url), await positionsOf(url.href)];
  rmSync(directory, { recursive: true });
  const want = await positionsOf(files);
  assert.equal(read, [want, want, want]);
});

test("picked files are found by their names", async () => {
  const files = Object.entries(await tinyFiles());
  const picked = files.map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
  assert.equal(await positionsOf(picked), await positionsOf(Object.fromEntries(files)));
});

for (const knowsRanges of [true, false]) {
  test(`a server that ${knowsRanges ? "knows" : "does not know"} ranges gives the same model`, async () => {
    const files = await tinyFiles();
    const [plain, slash, url] = await served(files, knowsRanges, async (base) => [
      await positionsOf(base),
      await positionsOf(`${base}/`),
      await positionsOf(new URL(base)),
    ]);
    const want = await positionsOf(files);
    assert.equal([plain, slash, url], [want, want, want]);
  });
}

test("headers can be sent along by making the directory oneself", async () => {
  const files = await tinyFiles();
  const sent: (string | undefined)[] = [];
  const read = await served(files, true, (base) => {
    const watching: typeof fetch = (url, init) => {
      sent.push(new Headers(init?.headers).get("authorization") ?? undefined);
      return fetch(url, init);
    };
    return positionsOf(urlDirectory(base, { fetch: watching, headers: { authorization: "Bearer x" } }));
  });
  assert.equal(read, await positionsOf(files));
  assert.ok(sent.length > 0 && sent.every((each) => each === "Bearer x"));
});

test("errors name the file, whether the directory ends in a slash or not", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hookdict-"));
  for (const ending of ["", "/"]) {
    const error = await rejected(GPT2.fromPretrained(`${directory}${ending}`));
    assert.ok(error.message.startsWith(`${directory}/config.json: there is no such file.`), error.message);
  }
  rmSync(directory, { recursive: true });
});

test("errors name the file's address", async () => {
  const files = { ...(await tinyFiles()), "model.safetensors": await fileOf([]) };
  await served(files, true, async (base) => {
    const error = await rejected(GPT2.fromPretrained(base));
    assert.ok(error.message.startsWith(`${base}/model.safetensors: lacks "wpe.weight", `), error.message);
  });
  await served({ ...files, "config.json": jsonFile({}) }, true, async (base) => {
    const error = await rejected(GPT2.fromPretrained(`${base}/`));
    assert.ok(error.message.startsWith(`${base}/config.json: "model_type" is missing`), error.message);
  });
});

test.run();
