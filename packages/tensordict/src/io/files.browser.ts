import { noFileSystem } from "./errors.ts";
import type { ByteSink, ByteSource, Directory } from "./source.ts";

/** In a page there is no disk: always throws UsageError `NO_FILE_SYSTEM`. */
export function localDirectory(where: string): Directory {
  throw noFileSystem(where);
}

/** In a page there is no disk: always throws UsageError `NO_FILE_SYSTEM`. */
export async function findLocal(where: string): Promise<ByteSource | undefined> {
  throw noFileSystem(where);
}

/** In a page there is no disk: always throws UsageError `NO_FILE_SYSTEM`. */
export async function createLocal(where: string): Promise<ByteSink> {
  throw noFileSystem(where);
}
