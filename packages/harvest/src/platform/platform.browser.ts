import { needsNode } from "../store/errors.ts";
import type { HarvestStore } from "../store/store.ts";
import type { Identity, LocalFile, OpenPool } from "./platform.ts";

export { sha256, sha256Of } from "./sha256.browser.ts";

/** A folder on disk: @throws UsageError `HARVEST_NEEDS_NODE` always. */
export function folderStore(where: string): HarvestStore {
  throw needsNode(`"${where}", a folder on disk,`);
}

/** Children: @throws UsageError `HARVEST_NEEDS_NODE` always. */
export const openPool: OpenPool = () => {
  throw needsNode("A child process");
};

/** A page has no host and no number. */
export function identity(): Identity {
  return { host: "page", pid: 0 };
}

/** A page has none. */
export const environment: Readonly<Record<string, string | undefined>> = {};

/** @throws UsageError `HARVEST_NEEDS_NODE` always. */
export async function localFiles(where: string): Promise<readonly LocalFile[]> {
  throw needsNode(`"${where}", a path on disk,`);
}

/** @throws UsageError `HARVEST_NEEDS_NODE` always. */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  throw needsNode(`"${path}", a file on disk,`);
}

/** Places are as they are told. */
export function localPath(where: string): string {
  return where;
}

/** Places are as they are told. */
export function relativePlace(_folder: string, place: string): string {
  return place;
}

/** Places are as they are told. */
export function placeFrom(folder: string | undefined, place: string): string {
  return folder === undefined || /^[a-z0-9]+:/i.test(place) ? place : `${folder.replace(/\/$/, "")}/${place}`;
}

/** A page is not told. */
export function deviceName(): string {
  return "unknown";
}
