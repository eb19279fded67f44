import { checkArgument } from "../values/arguments.ts";
import { fileTruncated, urlFailed, urlUnreachable } from "./errors.ts";
import { bytesSource } from "./memory.ts";
import { type FetchLike, type ResponseLike, platformFetch, resolveUrl } from "./platform.ts";
import type { ByteSource, SourceDirectory } from "./source.ts";

/** Options of {@link urlDirectory} and {@link findUrl}. */
export interface UrlOptions {
  /** What to call instead of the platform's `fetch`. */
  readonly fetch?: FetchLike;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Opens a URL for reading by range, or gives `undefined` where the server says 404 or 410.
 *
 * A server that knows ranges is asked for exactly the ranges that are read. One that does not is read whole, once.
 *
 * @throws FormatError `URL_FAILED` on any other status, `URL_UNREACHABLE` where there is no answer.
 */
export async function findUrl(url: string, options: UrlOptions = {}): Promise<ByteSource | undefined> {
  checkUrl("findUrl", url, options);
  const request = requester(url, options);
  const probe = await request({ range: "bytes=0-0" });
  if (probe.status === 404 || probe.status === 410) return undefined;
  // 416: an empty file has no byte 0.
  if (probe.status === 416) return bytesSource(url, new Uint8Array(0));
  if (probe.status === 200) return bytesSource(url, new Uint8Array(await probe.arrayBuffer()));
  if (probe.status !== 206) throw urlFailed(url, probe.status);
  await probe.arrayBuffer();
  const size = totalSize(probe) ?? (await headSize(request));
  return size === undefined ? readWhole(url, request) : rangeSource(url, size, request);
}

/** A directory of URLs below `base` (which need not end in a slash). Read only. */
export function urlDirectory(base: string, options: UrlOptions = {}): SourceDirectory {
  checkUrl("urlDirectory", base, options);
  const root = base.endsWith("/") ? base : `${base}/`;
  return { name: root.slice(0, -1), find: (file) => findUrl(resolveUrl(file, root), options) };
}

function checkUrl(owner: string, url: unknown, options: unknown): void {
  checkArgument(owner, "url", url, "text");
  checkArgument(owner, "options", options, "a record");
  const { fetch, headers } = options as Readonly<Record<string, unknown>>; // just checked
  checkArgument(owner, "fetch", fetch, "a function?");
  checkArgument(owner, "headers", headers, "a record?");
}

type Request = (init: { range?: string; method?: string }) => Promise<ResponseLike>;

function requester(url: string, options: UrlOptions): Request {
  const fetch = options.fetch ?? platformFetch();
  return async ({ range, method }) => {
    try {
      return await fetch(url, {
        ...(method && { method }),
        headers: { ...options.headers, ...(range && { Range: range }) },
      });
    } catch (cause) {
      throw urlUnreachable(url, cause);
    }
  };
}

function totalSize(response: ResponseLike): number | undefined {
  const total = /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1];
  return total === undefined ? undefined : Number(total);
}

// Pages of another origin may not see Content-Range, but they always see Content-Length.
async function headSize(request: Request): Promise<number | undefined> {
  const response = await request({ method: "HEAD" });
  const length = response.headers.get("content-length");
  const encoded = response.headers.get("content-encoding");
  return response.status === 200 && length !== null && encoded === null ? Number(length) : undefined;
}

async function readWhole(url: string, request: Request): Promise<ByteSource> {
  const response = await request({});
  if (response.status !== 200) throw urlFailed(url, response.status);
  return bytesSource(url, new Uint8Array(await response.arrayBuffer()));
}

function rangeSource(url: string, size: number, request: Request): ByteSource {
  return {
    name: url,
    size,
    isRemote: true,
    async readInto(target, offset) {
      const end = offset + target.byteLength;
      if (end > size) throw fileTruncated(url, end, size);
      if (target.byteLength === 0) return;
      const response = await request({ range: `bytes=${offset}-${end - 1}` });
      if (response.status !== 206) throw urlFailed(url, response.status);
      const got = await drain(response, target);
      if (got !== target.byteLength) throw fileTruncated(url, end, offset + got);
    },
    async close() {},
  };
}

/** Copies the body into `target` as it arrives; gives the number of bytes, at most one more than fit. */
async function drain(response: ResponseLike, target: Uint8Array): Promise<number> {
  const reader = response.body?.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return at;
    const room = target.byteLength - at;
    target.set(value.subarray(0, room), at);
    at += Math.min(value.byteLength, room);
    if (value.byteLength > room) {
      await reader?.cancel();
      return at + 1;
    }
  }
}
