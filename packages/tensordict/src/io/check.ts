import type { ByteSource } from "./source.ts";
import { argumentInvalid, checkArgument } from "../values/arguments.ts";

/** Refuses what is no directory of ours, or no name of a file, for what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function checkDirectory(owner: string, directory: unknown, file: unknown): void {
  checkArgument(owner, "file", file, "text");
  if (!hasMethod(directory, "find") || typeof Reflect.get(directory as object, "name") !== "string")
    throw argumentInvalid(owner, "directory", directory, "what openDirectory gives");
}

/** Refuses what is no source of bytes, for what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function checkSource(owner: string, source: unknown): void {
  if (!isSource(source)) throw argumentInvalid(owner, "source", source, "what openSource gives");
}

/** Whether something is a source of bytes that can be asked for its name and size. */
export function isSource(value: unknown): value is ByteSource {
  if (!hasMethod(value, "readInto") || !hasMethod(value, "close")) return false;
  const { name, size } = value as Readonly<Record<string, unknown>>; // just checked
  return typeof name === "string" && Number.isSafeInteger(size) && Number(size) >= 0;
}

/** Refuses what is no tensor of a file. @throws UsageError `ARGUMENT_INVALID` */
export function checkEntry(owner: string, entry: unknown, dtypes: object): void {
  checkArgument(owner, "entry", entry, "a record");
  const { dtype, shape } = entry as Readonly<Record<string, unknown>>; // just checked
  const isKnown = typeof dtype === "string" && Object.hasOwn(dtypes, dtype);
  if (!isKnown || !Array.isArray(shape))
    throw argumentInvalid(owner, "entry", entry, "one of the tensors that a file's header names");
}

/** Refuses what is no blob. @throws UsageError `ARGUMENT_INVALID` */
export function checkBlob(owner: string, blob: unknown): void {
  const isBlob = hasMethod(blob, "slice") && hasMethod(blob, "arrayBuffer");
  if (!isBlob) throw argumentInvalid(owner, "blob", blob, "a File or Blob");
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";
}
