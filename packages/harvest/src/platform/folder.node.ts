import { link, mkdir, open, readdir, rm, stat, statfs } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { FormatError } from "@hookdict/tensordict";
import { writableDirectory } from "@hookdict/tensordict/io";
import type { HarvestStore } from "../store/store.ts";

/** Temporary files are named so, and never count. */
const TEMPORARY = /^\.(.*)\.tmp$/s;

/**
 * A folder on disk as a store. A file is created by a hard link to a synced temporary file, which the system refuses where
 * there is one already: on local disks, and on NFS.
 *
 * @example no-run
 * const store = folderStore("./acts");
 */
export function folderStore(where: string): HarvestStore {
  const root = resolve(where.startsWith("file:") ? fileURLToPath(where) : where);
  const directory = writableDirectory(root);
  return {
    name: root,
    location: root,
    find: (file) => directory.find(file),
    async write(file, parts) {
      await makeFolder(dirname(join(root, file)));
      const sink = await directory.create(file);
      try {
        for (const part of parts) await sink.write(part);
        await sink.commit();
      } catch (cause) {
        await sink.abort();
        throw unwritable(join(root, file), cause);
      }
    },
    createNew: (file, bytes) => createNew(join(root, file), bytes),
    names: async (folder) =>
      (await entriesOf(join(root, folder))).flatMap((entry) =>
        entry.isFile() && !TEMPORARY.test(entry.name) ? [entry.name] : [],
      ),
    folders: async () =>
      (await entriesOf(root)).flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])),
    async describe(file) {
      const found = await stat(join(root, file)).catch(absent);
      return found && { bytes: found.size, modifiedMs: found.mtimeMs };
    },
    remove: (file) => rm(join(root, file), { force: true }),
    sweep: (folder, ageMs) => sweep(join(root, folder), ageMs),
    async freeBytes() {
      const { bavail, bsize } = await statfs(await existing(root));
      return bavail * bsize;
    },
    at: (folder) => folderStore(join(root, folder)),
  };
}

async function createNew(path: string, bytes: Uint8Array): Promise<boolean> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${Math.random().toString(36).slice(2, 12)}.tmp`);
  try {
    await makeFolder(folder);
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await linked(temporary, path))) return false;
  } catch (cause) {
    throw unwritable(path, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined); // where its folder could not be made
  }
  await syncFolder(folder);
  return true;
}

/** Gives a file a second name, unless there is one of that name. */
async function linked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (cause) {
    if (codeOf(cause) === "EEXIST") return false;
    throw cause;
  }
}

/** Makes a folder and those above it, and has their names on disk: what is written below must be found after a crash. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  for (
    let made = first === undefined ? "" : folder;
    made.length >= (first?.length ?? 1);
    made = dirname(made)
  )
    await syncFolder(dirname(made));
}

async function sweep(folder: string, ageMs: number): Promise<number> {
  let removed = 0;
  for (const entry of await entriesOf(folder)) {
    const path = join(folder, entry.name);
    const found = TEMPORARY.test(entry.name) ? await stat(path).catch(absent) : undefined;
    if (found === undefined || Date.now() - found.mtimeMs < ageMs) continue;
    await rm(path, { force: true });
    removed++;
  }
  return removed;
}

async function entriesOf(folder: string): Promise<Awaited<ReturnType<typeof readEntries>>> {
  const entries = (await readEntries(folder).catch(absent)) ?? [];
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readEntries(folder: string) {
  return readdir(folder, { withFileTypes: true });
}

/** The nearest folder above that is there. */
async function existing(folder: string): Promise<string> {
  const found = await stat(folder).catch(absent);
  const above = dirname(folder);
  return found === undefined && above !== folder ? existing(above) : folder;
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder; its links are journaled.
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function absent(cause: unknown): undefined {
  if (codeOf(cause) === "ENOENT" || codeOf(cause) === "ENOTDIR") return undefined;
  throw cause;
}

function codeOf(cause: unknown): unknown {
  return typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
}

function unwritable(file: string, cause: unknown): unknown {
  if (cause instanceof FormatError) return cause;
  const isFull = codeOf(cause) === "ENOSPC" || codeOf(cause) === "EDQUOT";
  return new FormatError({
    code: "HARVEST_UNWRITABLE",
    what: `${file}: cannot be written (${cause instanceof Error ? cause.message : String(cause)}).`,
    hint: isFull ? "Make room, then run again: what is committed stays." : "Check that you may write there.",
    fields: { file },
    cause,
  });
}
