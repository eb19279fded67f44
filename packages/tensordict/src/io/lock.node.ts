import { mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { kill, pid } from "node:process";
import { openToRead } from "./open.node.ts";
import type { DirectoryLock } from "./source.ts";

/** Who holds a lock, as its file tells. */
interface Holder {
  readonly host: string;
  readonly pid: number;
  /** When the process began, where the system tells; another one may have its number later. */
  readonly started: string;
}

/** Locks that this process holds, by real path. */
const held = new Set<string>();

/** How long a lock file that tells nothing may be one that is being written. */
const WRITING_MS = 5000;

/**
 * Takes a lock: a file that names the process. One whose process is gone is taken over; one of another machine is not,
 * because nobody here can tell.
 */
export async function lockLocal(path: string): Promise<DirectoryLock | string> {
  await mkdir(dirname(path), { recursive: true });
  const real = join(await realpath(dirname(path)), ".writer.lock");
  if (held.has(real)) return "this process";
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await create(real)) {
      held.add(real);
      let released = false;
      return {
        async release() {
          if (released) return;
          released = true;
          held.delete(real);
          await rm(real, { force: true });
        },
      };
    }
    const holder = await livingHolder(real);
    if (holder !== undefined) return holder;
    await takeAway(real);
  }
  return "many processes at once";
}

async function create(path: string): Promise<boolean> {
  const file = await open(path, "wx").catch((cause: unknown) => {
    if (codeOf(cause) === "EEXIST") return undefined;
    throw cause;
  });
  if (file === undefined) return false;
  const holder: Holder = { host: hostname(), pid, started: await startOf(pid) };
  const text = Uint8Array.from(JSON.stringify(holder), (char) => char.charCodeAt(0) & 0x7f);
  try {
    await file.write(text, 0, text.length);
    await file.sync();
  } finally {
    await file.close();
  }
  return true;
}

/** Words for the process that holds a lock; `undefined` where it is gone. */
async function livingHolder(path: string): Promise<string | undefined> {
  const holder = await readHolder(path);
  if (holder === undefined) {
    const written = await stat(path).catch(() => undefined);
    const isFresh = written !== undefined && Date.now() - written.mtimeMs < WRITING_MS;
    return isFresh ? "a process that is just beginning" : undefined;
  }
  if (holder.host !== hostname()) return `process ${holder.pid} on ${JSON.stringify(holder.host)}`;
  // A lock of this very process that it does not hold was left by an earlier one with its number.
  const isAlive =
    holder.pid !== pid && isRunning(holder.pid) && (await startOf(holder.pid)) === holder.started;
  return isAlive ? `process ${holder.pid}` : undefined;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await textOf(path));
    const { host, pid: number, started } = value as Partial<Holder>; // checked on the next line
    return typeof host === "string" && Number.isSafeInteger(number) && typeof started === "string"
      ? { host, pid: number as number, started }
      : undefined;
  } catch {
    return undefined; // gone, or not whole
  }
}

async function textOf(path: string): Promise<string> {
  const { handle, size } = await openToRead(path);
  try {
    const bytes = new Uint8Array(Math.min(size, MAX_BYTES));
    await handle.read(bytes, 0, bytes.length, 0);
    return String.fromCharCode(...bytes); // as it is written
  } finally {
    await handle.close();
  }
}

/** More than any lock has. */
const MAX_BYTES = 4096;

/** Removes a lock that was left, unless another process has just put its own there. */
async function takeAway(path: string): Promise<void> {
  const aside = `${path}.${pid}-${Math.random().toString(36).slice(2, 10)}.tmp`;
  try {
    await rename(path, aside);
  } catch {
    return; // somebody else was faster
  }
  if ((await livingHolder(aside)) === undefined) await rm(aside, { force: true });
  else await rename(aside, path);
}

function isRunning(number: number): boolean {
  try {
    kill(number, 0);
    return true;
  } catch (cause) {
    return codeOf(cause) === "EPERM";
  }
}

/** When a process began, from Linux's `/proc`; empty elsewhere. */
async function startOf(number: number): Promise<string> {
  const text = await readFile(`/proc/${number}/stat`, "utf8").catch(() => "");
  // Field 22; the second field, a name in brackets, may hold anything.
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function codeOf(cause: unknown): unknown {
  return typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
}
