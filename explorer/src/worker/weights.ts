import type { Kept } from "../messages.ts";
import { type Head, partsOf, type Told } from "./download.ts";
import type { Remote } from "./fit.ts";

/** Files of a model's directory; those that may be missing. */
const FILES: readonly (readonly [string, boolean])[] = [
  ["config.json", true],
  ["tokenizer.json", false],
  ["tokenizer_config.json", false],
  ["generation_config.json", false],
  ["model.safetensors", true],
];
const LIST = "list.json";

/** What fetching goes by. */
export interface Means extends Told {
  /** Throws where a file's tensors do not fit. */
  readonly check: (file: Remote) => Promise<void>;
}

/** A model's files from an address: kept where the browser lets us, else in memory. */
export async function fetchModel(base: string, means: Means): Promise<readonly File[]> {
  const { tell, check } = means;
  const address = base.endsWith("/") ? base : `${base}/`;
  const there: Head[] = [];
  for (const [name, isNeeded] of FILES) {
    const url = new URL(name, address).href;
    tell({ request: `HEAD ${url}` });
    const head = await fetch(url, { method: "HEAD" }).catch((error: unknown) => {
      throw new Error(
        `${url} cannot be reached: ${String(error)}. Look at the address, and whether its server allows other pages to read it.`,
      );
    });
    if (!head.ok) {
      if (isNeeded)
        throw new Error(
          `${url}: the server answers ${head.status}. A model's folder holds config.json, model.safetensors and tokenizer.json.`,
        );
      continue;
    }
    const bytes = Number(head.headers.get("content-length") ?? 0);
    there.push({ url, name, etag: head.headers.get("etag") ?? "", bytes });
  }
  const folder = await store();
  const kept = new Map<string, File>();
  for (const head of there) {
    const file = await keptFile(folder, head);
    if (file !== undefined) kept.set(head.name, file);
  }
  // Whether the weights fit is asked before any of them is fetched; what is kept has been asked before.
  for (const { url, name, bytes } of there)
    if (name.endsWith(".safetensors") && !kept.has(name))
      await check({ name, bytes, read: (start, end) => part(url, start, end, tell) });
  const found: File[] = [];
  for (const head of there) found.push(kept.get(head.name) ?? (await one(head, folder, means)));
  return found;
}

/** A file that the browser has kept, where it is still the server's. */
async function keptFile(
  folder: FileSystemDirectoryHandle | undefined,
  { url, name, etag, bytes }: Head,
): Promise<File | undefined> {
  const kept = await folder
    ?.getFileHandle(await keyOf(`${url}\n${etag}`))
    .then((handle) => handle.getFile())
    .catch(() => undefined);
  return kept !== undefined && kept.size === bytes && bytes > 0 ? new File([kept], name) : undefined;
}

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

/** A file as it comes: into the browser's store where it has one and takes it, else into memory. */
async function one(head: Head, folder: FileSystemDirectoryHandle | undefined, means: Means): Promise<File> {
  if (folder !== undefined && head.etag !== "") {
    const entry = { key: await keyOf(`${head.url}\n${head.etag}`), url: head.url, bytes: head.bytes };
    try {
      return await stored(head, folder, entry, means);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      await forget(entry.key).catch(() => undefined); // half a file that cannot be gone on with
      means.tell({ request: `${head.name} is not kept, and will be fetched again: ${error.message}` });
    }
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const each of partsOf(head, means)) parts.push(each);
  return new File(parts, head.name);
}

/** What the store would not take. */
class StoreError extends Error {}

const refused = (error: unknown): never => {
  throw new StoreError(String(error));
};

/** Straight into the store, on from what is there already: a large file is never in memory as a whole. */
async function stored(
  head: Head,
  folder: FileSystemDirectoryHandle,
  entry: Kept,
  means: Means,
): Promise<File> {
  const handle = await folder.getFileHandle(entry.key, { create: true }).catch(refused);
  const access = await openSync(handle).catch(refused);
  let at = access.getSize();
  try {
    if (at >= head.bytes) access.truncate((at = 0));
    for await (const each of partsOf(head, means, at)) {
      try {
        access.write(each, { at });
      } catch (error) {
        refused(error);
      }
      at += each.length;
    }
    access.flush();
  } catch (error) {
    if (at === 0 || error instanceof StoreError) throw error;
    access.flush();
    await note(folder, { ...entry, bytes: at, of: head.bytes });
    if (inWords(error) === "cancelled") throw error;
    throw new Error(`${inWords(error)} What came of ${head.name} is kept: load the model again to go on.`, {
      cause: error,
    });
  } finally {
    access.close();
  }
  await note(folder, { ...entry, bytes: at });
  return new File([await handle.getFile()], head.name);
}

const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Writes down what is kept; earlier versions of the same address go. */
async function note(folder: FileSystemDirectoryHandle, entry: Kept): Promise<void> {
  const kept = await readList(folder);
  for (const { key, url } of kept)
    if (url === entry.url && key !== entry.key) await folder.removeEntry(key).catch(() => undefined); // gone already
  await writeList(folder, [...kept.filter(({ url }) => url !== entry.url), entry]).catch(refused);
}

/** The folder that the browser keeps for us; `undefined` where it does not, as for pages opened from a disk. */
async function store(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle("weights", { create: true });
  } catch {
    return undefined;
  }
}

/** Handles that write at once, which workers alone have. */
interface SyncHandle {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

const openSync = (handle: FileSystemFileHandle): Promise<SyncHandle> =>
  (handle as unknown as { createSyncAccessHandle(): Promise<SyncHandle> }).createSyncAccessHandle(); // not in lib.dom

async function readList(folder: FileSystemDirectoryHandle): Promise<readonly Kept[]> {
  try {
    const file = await (await folder.getFileHandle(LIST)).getFile();
    return JSON.parse(await file.text()) as readonly Kept[]; // written by us alone
  } catch {
    return [];
  }
}

async function writeList(folder: FileSystemDirectoryHandle, list: readonly Kept[]): Promise<void> {
  const access = await openSync(await folder.getFileHandle(LIST, { create: true }));
  try {
    access.truncate(0);
    access.write(new TextEncoder().encode(JSON.stringify(list)), { at: 0 });
    access.flush();
  } finally {
    access.close();
  }
}

/** The files that are kept. */
export async function listKept(): Promise<readonly Kept[]> {
  const folder = await store();
  return folder === undefined ? [] : readList(folder);
}

/** Deletes one, and gives those that are left. */
export async function forget(key: string): Promise<readonly Kept[]> {
  const folder = await store();
  if (folder === undefined) return [];
  const list = (await readList(folder)).filter((entry) => entry.key !== key);
  await folder.removeEntry(key).catch(() => undefined); // gone already
  await writeList(folder, list);
  return list;
}

async function keyOf(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
