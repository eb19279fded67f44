import type { Kept, Reply } from "../messages.ts";
import type { Remote } from "./fit.ts";

/** Files of a model's directory; those that may be missing. */
const FILES: readonly (readonly [string, boolean])[] = [
  ["config.json", true],
  ["tokenizer.json", false],
  ["tokenizer_config.json", false],
  ["generation_config.json", false],
  ["model.safetensors", true],
];
const CHUNK = 16 * 1024 * 1024;
const LARGEST = 4 * 1024 ** 3;
const LIST = "list.json";

type Tell = (reply: Reply) => void;

/** What fetching goes by. */
export interface Means {
  readonly tell: Tell;
  readonly progress: (done: number, total: number) => Promise<void>;
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

/** What a server tells of a file before it is fetched. */
interface Head {
  readonly url: string;
  readonly name: string;
  readonly etag: string;
  readonly bytes: number;
}

/** Some of a file's bytes; `undefined` where its server gives all or nothing. */
async function part(url: string, start: number, end: number, tell: Tell): Promise<Uint8Array | undefined> {
  tell({ request: `GET ${url}, bytes ${start} to ${end - 1}` });
  const stop = new AbortController();
  const response = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` }, signal: stop.signal });
  if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
  stop.abort();
  return undefined;
}

async function one(
  { url, name, etag, bytes }: Head,
  folder: FileSystemDirectoryHandle | undefined,
  { tell, progress }: Means,
): Promise<File> {
  tell({ request: `GET ${url}` });
  const response = await fetch(url);
  if (!response.ok || response.body === null)
    throw new Error(`${url}: the server answers ${response.status}.`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let done = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done: isDone, value } = await reader.read();
    if (isDone) break;
    parts.push(value);
    done += value.length;
    if (done > LARGEST) throw new Error(`${url} is larger than 4 GB.`);
    await progress(done, Math.max(bytes, done));
  }
  const file = new File(parts, name);
  if (folder !== undefined && etag !== "")
    await keep(folder, { key: await keyOf(`${url}\n${etag}`), url, bytes: file.size }, file).catch(
      (error: unknown) =>
        tell({ request: `${name} is not kept, and will be fetched again: ${String(error)}` }),
    );
  return file;
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

async function keep(folder: FileSystemDirectoryHandle, entry: Kept, file: File): Promise<void> {
  const handle = await folder.getFileHandle(entry.key, { create: true });
  try {
    await write(handle, file);
  } catch (error) {
    await folder.removeEntry(entry.key); // half a file is worse than none
    throw error;
  }
  await writeList(folder, [...(await readList(folder)).filter(({ key }) => key !== entry.key), entry]);
}

/** Handles that write at once, which workers alone have. */
interface SyncHandle {
  write(bytes: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

async function write(handle: FileSystemFileHandle, file: Blob): Promise<void> {
  const access = await (
    handle as unknown as { createSyncAccessHandle(): Promise<SyncHandle> }
  ).createSyncAccessHandle(); // not in lib.dom
  try {
    access.truncate(0);
    for (let at = 0; at < file.size; at += CHUNK)
      access.write(new Uint8Array(await file.slice(at, at + CHUNK).arrayBuffer()), { at });
    access.flush();
  } finally {
    access.close();
  }
}

async function readList(folder: FileSystemDirectoryHandle): Promise<readonly Kept[]> {
  try {
    const file = await (await folder.getFileHandle(LIST)).getFile();
    return JSON.parse(await file.text()) as readonly Kept[]; // written by us alone
  } catch {
    return [];
  }
}

async function writeList(folder: FileSystemDirectoryHandle, list: readonly Kept[]): Promise<void> {
  await write(await folder.getFileHandle(LIST, { create: true }), new Blob([JSON.stringify(list)]));
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
