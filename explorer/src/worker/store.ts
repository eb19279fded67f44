import type { Kept } from "../messages.ts";
import { type Head, partsOf, type Told } from "./download.ts";

// Files that the browser keeps for us.

const LIST = "list.json";

/** A file that the browser has kept, where it is still the server's. */
export async function keptFile(
  folder: FileSystemDirectoryHandle | undefined,
  { url, name, etag, bytes }: Head,
): Promise<File | undefined> {
  const kept = await folder
    ?.getFileHandle(await keyOf(`${url}\n${etag}`))
    .then((handle) => handle.getFile())
    .catch(() => undefined);
  return kept !== undefined && kept.size === bytes && bytes > 0 ? new File([kept], name) : undefined;
}

/** A file as it comes: into the browser's store where it has one and takes it, else into memory. */
export async function fetched(
  head: Head,
  folder: FileSystemDirectoryHandle | undefined,
  means: Told,
): Promise<File> {
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
  means: Told,
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
export async function openStore(): Promise<FileSystemDirectoryHandle | undefined> {
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
  const folder = await openStore();
  return folder === undefined ? [] : readList(folder);
}

/** Deletes one, and gives those that are left. */
export async function forget(key: string): Promise<readonly Kept[]> {
  const folder = await openStore();
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
