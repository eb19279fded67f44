import { type FetchLike, findUrl, openDirectory, openSource, urlDirectory } from "@hookdict/tensordict/io";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("files at a URL");

const url = "https://example.org/m/a.bin";
const bytes = Uint8Array.of(1, 2, 3, 4, 5);
const damaged = "The file is damaged or was not fully written: fetch or write it again.";
const urlHint = "Check the address and whether access needs a header (option `headers`).";

/** How a server behaves. */
interface Server {
  readonly ranges?: boolean;
  /** Keeps the total to itself, as a server of another origin does. */
  readonly hidesTotal?: boolean;
  /** Keeps the length of the whole to itself, too. */
  readonly hidesLength?: boolean;
  /** Bytes that it leaves out of (or adds to) each range. */
  readonly short?: number;
  readonly status?: number;
}

/** A server with one file, and the requests that it got. */
const serve = (server: Server): { fetch: FetchLike; requests: string[] } => {
  const requests: string[] = [];
  const fetch: FetchLike = async (_, { method = "GET", headers = {} }) => {
    requests.push([method, headers["Range"], headers["X-Key"]].filter(Boolean).join(" "));
    if (server.status !== undefined) return new Response(null, { status: server.status });
    const length = { "content-length": String(bytes.length) };
    if (method === "HEAD") return new Response(null, { headers: server.hidesLength ? {} : length });
    const range = /bytes=(\d+)-(\d+)/.exec(headers["Range"] ?? "");
    if (!range || server.ranges === false) return new Response(bytes);
    const part = bytes.slice(Number(range[1]), Number(range[2]) + 1 - (server.short ?? 0));
    const total = { "content-range": `bytes ${range[1]}-${range[2]}/${bytes.length}` };
    return new Response(part, { status: 206, headers: server.hidesTotal ? {} : total });
  };
  return { fetch, requests };
};

const readTwo = async (server: Server): Promise<{ values: number[]; requests: string[] }> => {
  const { fetch, requests } = serve(server);
  const source = await findUrl(url, { fetch, headers: { "X-Key": "k" } });
  const target = new Uint8Array(2);
  await source?.readInto(target, 1);
  await source?.close();
  return { values: [source?.size ?? -1, ...target], requests };
};

test("a server that knows ranges is asked for exactly those that are read, with the headers", async () => {
  assert.equal(await readTwo({}), { values: [5, 2, 3], requests: ["GET bytes=0-0 k", "GET bytes=1-2 k"] });
});

test("a server that does not know ranges is read whole, once", async () => {
  assert.equal(await readTwo({ ranges: false }), { values: [5, 2, 3], requests: ["GET bytes=0-0 k"] });
});

test("where the total is hidden, the length is asked for; where that is hidden too, all is read", async () => {
  assert.equal((await readTwo({ hidesTotal: true })).requests, [
    "GET bytes=0-0 k",
    "HEAD k",
    "GET bytes=1-2 k",
  ]);
  assert.equal(await readTwo({ hidesTotal: true, hidesLength: true }), {
    values: [5, 2, 3],
    requests: ["GET bytes=0-0 k", "HEAD k", "GET k"],
  });
});

test("no file is no error, an empty one is empty", async () => {
  for (const status of [404, 410]) assert.is(await findUrl(url, serve({ status })), undefined);
  assert.is((await findUrl(url, serve({ status: 416 })))?.size, 0);
});

test("any other status is told", async () => {
  assert.equal(await asyncFailure(findUrl(url, serve({ status: 403 }))), [
    "URL_FAILED",
    `${url}: the server answered with status 403. ${urlHint}`,
  ]);
});

test("a range that comes back shorter, or is beyond the end, is refused", async () => {
  const short = await findUrl(url, serve({ short: 1 }));
  assert.equal(await asyncFailure(async () => short?.readInto(new Uint8Array(3), 1)), [
    "FILE_TRUNCATED",
    `${url}: bytes up to 4 were asked for, but it ends after 3. ${damaged}`,
  ]);
  const source = await findUrl(url, serve({}));
  assert.equal(await asyncFailure(async () => source?.readInto(new Uint8Array(3), 3)), [
    "FILE_TRUNCATED",
    `${url}: bytes up to 6 were asked for, but it ends after 5. ${damaged}`,
  ]);
});

test("files of a directory are found below its address, with or without a closing slash", async () => {
  const seen: string[] = [];
  const fetch: FetchLike = async (address) => {
    seen.push(address);
    return new Response(null, { status: 404 });
  };
  for (const base of ["https://example.org/m", "https://example.org/m/"]) {
    assert.is(await urlDirectory(base, { fetch }).find("a.bin"), undefined);
  }
  assert.equal(seen, [url, url]);
  assert.is(openDirectory(new URL("https://example.org/m")).name, "https://example.org/m");
});

test("a data: URL is read by the platform's own fetch", async () => {
  const source = await openSource("data:application/octet-stream;base64,AQID");
  assert.is(source.size, 3);
});

test.run();
