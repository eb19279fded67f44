import { argumentInvalid, checkArgument } from "../values/arguments.ts";

/** Refuses what is no directory of ours, or no name of a file, for what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function checkDirectory(owner: string, directory: unknown, file: unknown): void {
  checkArgument(owner, "file", file, "text");
  if (!hasMethod(directory, "find"))
    throw argumentInvalid(owner, "directory", directory, "what openDirectory gives");
}

/** Refuses what is no source of bytes, for what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function checkSource(owner: string, source: unknown): void {
  if (!hasMethod(source, "readInto")) throw argumentInvalid(owner, "source", source, "what openSource gives");
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
