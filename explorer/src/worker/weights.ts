import { blobSource, type ByteSource, openCheckpoint, type SourceDirectory } from "@hookdict/tensordict/io";
import type { Head, Told } from "./download.ts";
import { type Limits, refuseBytes, warningOf } from "./fit.ts";
import { fetched, keptFile, openStore } from "./store.ts";

/** Files of a model's directory beside its weights; those that may be missing. */
const FILES: readonly (readonly [string, boolean])[] = [
  ["config.json", true],
  ["tokenizer.json", false],
  ["tokenizer_config.json", false],
  ["generation_config.json", false],
];
/** Files of one model: an index that names more is none. */
const MOST_FILES = 200;

/** What fetching goes by. */
export interface Means extends Told {
  readonly limits: Limits;
  readonly warn: (warning: string) => void;
}

/**
 * A model's files from an address: kept where the browser lets us, else in memory. The headers of all its weights, in one file
 * or in shards, are looked at before any of them is fetched.
 */
export async function fetchModel(base: string, means: Means): Promise<readonly File[]> {
  const directory = new Remote(base, await openStore(), means);
  for (const [name, isNeeded] of FILES) {
    if ((await directory.find(name)) === undefined && isNeeded) throw directory.missing(name);
  }
  {
    await using weights = await openCheckpoint(directory);
    means.warn(warningOf(weights, means.limits));
  }
  return directory.fetchAll();
}

/** A directory at an address: small files come when they are asked for, weights in parts, until all are fetched. */
class Remote implements SourceDirectory {
  readonly name: string;
  readonly #folder: FileSystemDirectoryHandle | undefined;
  readonly #means: Means;
  readonly #files = new Map<string, File>();
  readonly #later = new Map<string, Head>();

  constructor(base: string, folder: FileSystemDirectoryHandle | undefined, means: Means) {
    this.name = base.replace(/\/+$/, "");
    this.#folder = folder;
    this.#means = means;
  }

  async find(name: string): Promise<ByteSource | undefined> {
    const head = await this.#ask(name);
    if (head === undefined) return undefined;
    if (this.#files.size + this.#later.size >= MOST_FILES)
      throw new Error(`${this.name}: the index of its weights names more than ${MOST_FILES} files.`);
    const kept = await keptFile(this.#folder, head);
    if (kept === undefined && name.endsWith(".safetensors")) {
      const start = await part(head.url, 0, PREFIX, this.#means.tell);
      if (start !== undefined) {
        this.#later.set(name, head);
        return this.#inParts(head, start);
      }
      // Whose server gives no parts is known by its size alone, until it is here.
      refuseBytes(name, head.bytes, this.#means.limits);
    }
    const file = kept ?? (await fetched(head, this.#folder, this.#means));
    this.#files.set(name, file);
    return blobSource(file);
  }

  missing(name: string, status = 404): Error {
    return new Error(
      `${this.name}/${name}: the server answers ${status}. A model's folder holds config.json, tokenizer.json, and model.safetensors or model.safetensors.index.json with its shards.`,
    );
  }

  /** Fetches what has been found and is not here yet. */
  async fetchAll(): Promise<readonly File[]> {
    for (const [name, head] of this.#later)
      this.#files.set(name, await fetched(head, this.#folder, this.#means));
    return [...this.#files.values()];
  }

  /** What a server tells of a file; `undefined` where it has none. */
  async #ask(name: string): Promise<Head | undefined> {
    const url = `${this.name}/${name}`;
    this.#means.tell({ request: `HEAD ${url}` });
    const head = await fetch(url, { method: "HEAD" }).catch((error: unknown) => {
      throw new Error(
        `${url} cannot be reached: ${String(error)}. Look at the address, and whether its server allows other pages to read it.`,
      );
    });
    if (head.status === 404 || head.status === 410) return undefined;
    if (!head.ok) throw this.missing(name, head.status);
    const bytes = Number(head.headers.get("content-length") ?? 0);
    return { url, name, etag: head.headers.get("etag") ?? "", bytes };
  }

  #inParts({ url, bytes }: Head, start: Uint8Array): ByteSource {
    const readInto = async (target: Uint8Array, offset: number): Promise<void> => {
      if (offset === 0 && target.length <= start.length) return target.set(start.subarray(0, target.length));
      const read = await part(url, offset, offset + target.length, this.#means.tell);
      if (read?.length !== target.length)
        throw new Error(
          `${url}: of ${target.length} bytes from ${offset} on, the server gives ${read?.length ?? "all"}.`,
        );
      target.set(read);
    };
    return { name: url, size: bytes, readInto, close: () => Promise.resolve() };
  }
}

/** Bytes before a header that tell its length. */
const PREFIX = 8;

/** Some of a file's bytes; `undefined` where its server gives all or nothing. */
async function part(
  url: string,
  start: number,
  end: number,
  tell: Told["tell"],
): Promise<Uint8Array | undefined> {
  tell({ request: `GET ${url}, bytes ${start} to ${end - 1}` });
  const stop = new AbortController();
  const response = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` }, signal: stop.signal });
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  stop.abort();
  return undefined;
}
