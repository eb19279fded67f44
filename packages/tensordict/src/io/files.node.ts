import { mkdir, open, readdir, rename, rm, type FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileTruncated, fileUnreadable, fileUnwritable, locationInvalid } from "./errors.ts";
import { lockLocal } from "./lock.node.ts";
import { openToRead } from "./open.node.ts";
import type { ByteSink, ByteSource, Directory } from "./source.ts";

/** A folder on disk. Nothing is looked up until a file is asked for; `create` makes missing folders. */
export function localDirectory(where: string): Directory {
  const root = localPath(where);
  return {
    name: root.replace(/\/$/, ""),
    find: (file) => findLocal(join(root, file)),
    create: (file) => createLocal(join(root, file)),
    remove: (file) => rm(join(root, file), { force: true }),
    async list() {
      const files = await readdir(root).catch((cause: unknown): string[] => {
        if (isMissing(cause)) return [];
        throw fileUnreadable(root, cause);
      });
      return files.sort();
    },
    lock: (file) => lockLocal(join(root, file)),
  };
}

/**
 * Opens a file on disk, or gives `undefined` where there is none.
 *
 * @throws FormatError `FILE_UNREADABLE` when it is there and cannot be read (a folder, a pipe, no permission).
 */
export async function findLocal(where: string): Promise<ByteSource | undefined> {
  const path = localPath(where);
  const opened = await openToRead(path).catch((cause: unknown) => {
    if (isMissing(cause)) return undefined;
    throw fileUnreadable(path, cause);
  });
  return opened && fileSource(path, opened.handle, opened.size);
}

/** Begins a file on disk: a temporary file beside it, renamed over it by `commit`. */
export async function createLocal(where: string): Promise<ByteSink> {
  const path = localPath(where);
  if (path === "") throw locationInvalid("file to write", where);
  const unwritable = (cause: unknown): never => {
    throw fileUnwritable(path, cause);
  };
  await mkdir(dirname(path), { recursive: true }).catch(unwritable);
  const temporary = join(dirname(path), `.${basename(path)}.${uniqueSuffix()}.tmp`);
  const handle = await open(temporary, "wx").catch(unwritable);
  let finished = false;
  return {
    name: path,
    write: (bytes) => writeAll(handle, bytes),
    async commit() {
      finished = true;
      await settle(handle, temporary, path);
    },
    async abort() {
      if (finished) return;
      finished = true;
      await handle.close();
      await rm(temporary, { force: true });
    },
  };
}

function localPath(where: string): string {
  return where.startsWith("file:") ? fileURLToPath(where) : where;
}

function isMissing(cause: unknown): boolean {
  return typeof cause === "object" && cause !== null && "code" in cause && cause.code === "ENOENT";
}

function fileSource(path: string, handle: FileHandle, size: number): ByteSource {
  return {
    name: path,
    size,
    readInto: (target, offset) => readAll(path, handle, target, offset),
    close: () => handle.close(),
  };
}

async function readAll(path: string, handle: FileHandle, target: Uint8Array, offset: number): Promise<void> {
  let at = 0;
  while (at < target.byteLength) {
    const { bytesRead } = await handle.read(target, at, target.byteLength - at, offset + at);
    if (bytesRead === 0) throw fileTruncated(path, offset + target.byteLength, offset + at);
    at += bytesRead;
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.byteLength) at += (await handle.write(bytes, at, bytes.byteLength - at)).bytesWritten;
}

/** On disk before it is renamed, and the name on disk too: a crash leaves the old file or the new one. */
async function settle(handle: FileHandle, temporary: string, path: string): Promise<void> {
  try {
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder; its renames are journaled.
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function uniqueSuffix(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
}
