import { noFileSystem } from "./errors.ts";
import { pageUrl, resolveUrl } from "./platform.ts";
import type { ByteSink, ByteSource, Directory, SourceDirectory } from "./source.ts";
import { findUrl, urlDirectory } from "./url.ts";

/**
 * In a page a path is relative to the page's address. It can be read only: a writer of it always throws.
 *
 * @throws UsageError `NO_FILE_SYSTEM` where there is neither a disk nor a page.
 */
export function localDirectory(where: string): Directory {
  const directory: SourceDirectory = urlDirectory(pageAddress(where));
  const refuse = async (): Promise<never> => {
    throw noFileSystem(where);
  };
  return { ...directory, create: refuse, remove: refuse, list: refuse };
}

/** A file by its address relative to the page. @throws UsageError `NO_FILE_SYSTEM` where there is no page. */
export async function findLocal(where: string): Promise<ByteSource | undefined> {
  return findUrl(pageAddress(where));
}

/** In a page there is no disk: always throws UsageError `NO_FILE_SYSTEM`. */
export async function createLocal(where: string): Promise<ByteSink> {
  throw noFileSystem(where);
}

function pageAddress(where: string): string {
  const base = pageUrl();
  // `C:\\models` and `file:` name a disk.
  if (base === undefined || /^[a-z]+:/i.test(where)) throw noFileSystem(where);
  return resolveUrl(where, base);
}
