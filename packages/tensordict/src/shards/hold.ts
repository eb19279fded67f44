import { writerBusy } from "../file/errors.ts";
import type { Directory } from "../io/source.ts";

/** One writer's hold on its directory. */
export interface Hold {
  /** Whether a later writer has taken the directory over. */
  isLost(): boolean;
  /** Ends the hold. Twice is nothing. */
  release(): Promise<void>;
}

/** The last writer of each directory that has no locks. */
const holders = new WeakMap<Directory, object>();

/** @throws LifetimeError `WRITER_BUSY` while another writer holds the directory. */
export async function holdDirectory(directory: Directory): Promise<Hold> {
  const lock = await directory.lock?.(".writer.lock");
  if (typeof lock === "string") throw writerBusy(directory.name, lock);
  if (lock !== undefined) return { isLost: () => false, release: () => lock.release() };
  const token = {};
  holders.set(directory, token);
  return { isLost: () => holders.get(directory) !== token, release: async () => {} };
}
