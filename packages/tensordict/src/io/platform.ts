import { argumentInvalid, checkArgument } from "../values/arguments.ts";
import { utf8Invalid } from "./errors.ts";

// What both Node and browsers have as globals, declared by the little that is used: core compiles without `lib.dom`.

/** The part of a `Blob` or `File` that is read. */
export interface BlobLike {
  readonly size: number;
  readonly name?: string;
  slice(start: number, end: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The part of a `URL` that is read. */
export interface UrlLike {
  readonly href: string;
}

/** The part of a `Response` that is read. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: { getReader(): ReaderLike } | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

interface ReaderLike {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

interface WriterLike {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The part of `fetch` that is called. */
export type FetchLike = (
  url: string,
  init: { method?: string; headers?: Record<string, string> },
) => Promise<ResponseLike>;

interface Platform {
  readonly fetch: FetchLike;
  readonly TextDecoder: new (
    label: string,
    options: { fatal: boolean },
  ) => { decode(bytes: Uint8Array): string };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly DecompressionStream?: new (format: "deflate-raw") => {
    readonly readable: { getReader(): ReaderLike };
    readonly writable: { getWriter(): WriterLike };
  };
  readonly document?: { readonly baseURI?: unknown };
  readonly location?: { readonly href?: unknown };
  readonly URL: new (path: string, base: string) => UrlLike;
}

// The runtime has these; the compiler's libraries (no dom, no node) do not say so.
const platform = globalThis as unknown as Platform;

/** The platform's `fetch`, looked up at each call so that a page's replacement is honoured. */
export function platformFetch(): FetchLike {
  return (url, init) => platform.fetch(url, init);
}

/** Text of UTF-8 bytes. @throws UsageError `ARGUMENT_INVALID`; FormatError `UTF8_INVALID` */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!ArrayBuffer.isView(bytes)) throw argumentInvalid("decodeUtf8", "bytes", bytes, "a Uint8Array");
  try {
    return new platform.TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw utf8Invalid(bytes.byteLength, cause);
  }
}

/** UTF-8 bytes of a text. */
export function encodeUtf8(text: string): Uint8Array {
  checkArgument("encodeUtf8", "text", text, "text");
  return new platform.TextEncoder().encode(text);
}

/**
 * What deflated bytes unpack to, which must be of `size` bytes: unpacking stops where there are more. Otherwise what is wrong, in words.
 *
 * **Ownership:** *borrows* `bytes`; *returns owned*.
 */
export async function inflateRaw(bytes: Uint8Array, size: number): Promise<Uint8Array | string> {
  const Stream = platform.DecompressionStream;
  if (Stream === undefined) return "is deflated, and this platform has no DecompressionStream to unpack it";
  const { readable, writable } = new Stream("deflate-raw");
  const writer = writable.getWriter();
  // Damage rejects reading, too, where it is reported.
  const written = (async () => {
    await writer.write(bytes);
    await writer.close();
  })().catch(() => undefined);
  const reader = readable.getReader();
  const parts: Uint8Array[] = []; // as they come: a size that is only claimed takes no memory
  let at = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value === undefined) break;
      if (at + value.byteLength > size) {
        await reader.cancel();
        return `unpacks to more than the ${size} bytes that it says`;
      }
      parts.push(value);
      at += value.byteLength;
    }
  } catch {
    return "cannot be unpacked";
  }
  await written;
  return at === size ? joined(parts, size) : `unpacks to ${at} bytes in place of ${size}`;
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Address of the page or worker that this runs in, where there is one. */
export function pageUrl(): string | undefined {
  const base: unknown = platform.document?.baseURI ?? platform.location?.href;
  return typeof base === "string" && /^https?:/.test(base) ? base : undefined;
}

/** `path` resolved against `base`. */
export function resolveUrl(path: string, base: string): string {
  return new platform.URL(path, base).href;
}
