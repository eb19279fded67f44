import type { Reply } from "../messages.ts";

/** What a server tells of a file before it is fetched. */
export interface Head {
  readonly url: string;
  readonly name: string;
  readonly etag: string;
  readonly bytes: number;
}

/** Who hears of a download; `progress` throws where it was cancelled. */
export interface Told {
  readonly tell: (reply: Reply) => void;
  readonly progress: (done: number, total: number) => Promise<void>;
}

const LARGEST = 4 * 1024 ** 3;
/** Bytes that are asked for at once. */
const CHUNK = 16 * 1024 ** 2;
/** How often one place of a file is asked for. */
const TRIES = 3;

/**
 * A file's bytes from a place on, as they come: large files in chunks, each asked for anew where the connection breaks. Not
 * beyond what a page can hold.
 *
 * @throws Error in words, when a server refuses or a connection breaks again and again.
 */
export async function* partsOf(
  { url, bytes }: Head,
  { tell, progress }: Told,
  from = 0,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let [at, failures] = [from, 0];
  for (;;) {
    const isWhole = at === 0 && bytes <= CHUNK;
    const end = Math.min(bytes, at + CHUNK);
    tell({ request: isWhole ? `GET ${url}` : `GET ${url}, bytes ${at} to ${end - 1}` });
    const stream = await opened(url, isWhole ? undefined : [at, end]);
    const reader = stream.body.getReader();
    // Who gives no parts gives all from the start: what is here already is passed over.
    let skip = stream.isPart ? 0 : at;
    try {
      for (;;) {
        const { value } = await reader.read().catch(broken);
        if (value === undefined) break;
        const fresh = value.subarray(Math.min(skip, value.length));
        skip -= value.length - fresh.length;
        at += fresh.length;
        if (at > LARGEST) throw new Error(`${url} is larger than 4 GB.`);
        if (fresh.length > 0) yield fresh;
        failures = 0;
        await progress(at, Math.max(bytes, at));
      }
    } finally {
      await reader.cancel().catch(() => undefined); // it may have ended
    }
    if (at >= bytes) return;
    if (at < end) failures += 1;
    if (failures === TRIES)
      throw new Error(`${url}: the connection broke after ${mega(at)} of ${mega(bytes)} MB, ${TRIES} times.`);
  }
}

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
const broken = (): { readonly value: undefined } => ({ value: undefined });

/** The answer of a server; a connection that breaks before there is one has no bytes. */
async function opened(
  url: string,
  range: readonly [number, number] | undefined,
): Promise<{ readonly body: ReadableStream<Uint8Array<ArrayBuffer>>; readonly isPart: boolean }> {
  const headers = range === undefined ? {} : { range: `bytes=${range[0]}-${range[1] - 1}` };
  const response = await fetch(url, { headers }).catch(() => undefined);
  if (response === undefined) return { body: new ReadableStream({ pull: (to) => to.error() }), isPart: true };
  if (!response.ok || response.body === null)
    throw new Error(`${url}: the server answers ${response.status}.`);
  return { body: response.body, isPart: response.status === 206 };
}
