import { readdir, stat } from "node:fs/promises";
import { cpus, hostname } from "node:os";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { env, pid } from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Identity, LocalFile } from "./platform.ts";

export { folderStore } from "./folder.node.ts";
export { openPool } from "./pool.node.ts";
export { sha256, sha256Of } from "./sha256.node.ts";

/** This process. */
export function identity(): Identity {
  return { host: hostname(), pid };
}

/** Settings of the surroundings. */
export const environment: Readonly<Record<string, string | undefined>> = env;

/** The files at a path: itself, or all below it, sorted. */
export async function localFiles(where: string): Promise<readonly LocalFile[]> {
  const root = localPath(where);
  const found = await stat(root).catch(() => undefined);
  if (found === undefined) return [];
  if (!found.isDirectory()) return [{ name: basename(root), path: root }];
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.flatMap((entry) =>
    entry.isFile() && !entry.name.startsWith(".") ? [join(entry.parentPath, entry.name)] : [],
  );
  const named = files.map((path) => ({ name: relative(root, path).split(sep).join("/"), path }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What an import of a file gives. */
export async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
}

/** A path as this process would open it from anywhere. */
export function localPath(where: string): string {
  return resolve(where.startsWith("file:") ? fileURLToPath(where) : where);
}

/** A place as seen from a folder, with forward slashes; addresses stay as they are. */
export function relativePlace(folder: string, place: string): string {
  return isAddress(place) || isAddress(folder)
    ? absolutePlace(place)
    : relative(folder, localPath(place)).split(sep).join("/") || ".";
}

/** A place that is told as seen from a folder. */
export function placeFrom(folder: string | undefined, place: string): string {
  if (isAddress(place) || isAbsolute(place) || folder === undefined || isAddress(folder)) return place;
  return resolve(folder, place);
}

function absolutePlace(place: string): string {
  return isAddress(place) ? place : localPath(place);
}

function isAddress(place: string): boolean {
  return /^(s3|https?):\/\//.test(place);
}

/** What computes: the processor, and how many there are. */
export function deviceName(): string {
  const [first, ...others] = cpus();
  return `${first?.model.trim() ?? "unknown"} x ${others.length + 1}`;
}
