import { argumentInvalid } from "../values/arguments.ts";
import { checkDirectory, isSource } from "./check.ts";
import { createLocal, findLocal, localDirectory } from "#io/files";
import { fileNotFound, locationInvalid } from "./errors.ts";
import { blobDirectory, blobSource } from "./blob.ts";
import { bytesSource, memoryDirectory } from "./memory.ts";
import type { BlobLike, UrlLike } from "./platform.ts";
import type { ByteSink, ByteSource, Directory, SourceDirectory } from "./source.ts";
import { findUrl, urlDirectory } from "./url.ts";

/**
 * Where a directory is: a path on disk (Node), an `http(s):` or `file:` URL, picked `File`s, arrays by file name, or
 * a {@link SourceDirectory} of one's own.
 */
export type DirectoryLocation =
  string | UrlLike | SourceDirectory | readonly BlobLike[] | Readonly<Record<string, Uint8Array>>;

/** Where one file is: a path on disk (Node), a URL, a `File` or `Blob`, bytes, or a {@link ByteSource}. */
export type SourceLocation = string | UrlLike | ByteSource | BlobLike | Uint8Array;

/**
 * A directory to read from. Nothing is read or requested yet.
 *
 * @throws UsageError `NO_FILE_SYSTEM` for a path on disk in a page.
 *
 * @example
 * openDirectory("./ioi-tiny").name; // => "./ioi-tiny"
 */
export function openDirectory(location: DirectoryLocation): SourceDirectory {
  if (!isLocation(location)) throw locationInvalid("directory", location);
  if (typeof location === "string")
    return isHttp(location) ? urlDirectory(location) : localDirectory(location);
  if (isUrl(location)) return openDirectory(location.href);
  if (isBlobs(location)) return blobDirectory("files", location);
  if (ArrayBuffer.isView(location)) throw locationInvalid("directory", location);
  if (isDirectory(location)) return location;
  if (!Object.values(location).every((bytes) => bytes instanceof Uint8Array)) {
    throw locationInvalid("directory", location);
  }
  return memoryDirectory("memory", location);
}

/** A directory to write to: a path on disk (Node), or a {@link Directory} of one's own, given back as it is. */
export function writableDirectory(location: string | UrlLike | Directory): Directory {
  if (!isLocation(location)) throw locationInvalid("directory to write to", location);
  if (typeof location === "string") return localDirectory(location);
  if (isUrl(location)) return localDirectory(location.href);
  const isWritable = ["find", "create", "remove", "list"].every((name) => hasMethod(location, name));
  if (!isWritable) throw locationInvalid("directory to write to", location);
  return location;
}

/**
 * One file, open for reading by range. The caller closes it.
 *
 * @throws FormatError `FILE_NOT_FOUND` where there is none.
 */
export async function openSource(location: SourceLocation): Promise<ByteSource> {
  if (location instanceof Uint8Array) return bytesSource("bytes", location);
  if (!isLocation(location)) throw locationInvalid("file", location);
  if (typeof location !== "string" && !isUrl(location)) {
    if (isBlob(location)) return blobSource(location);
    if (!isSource(location)) throw locationInvalid("file", location);
    return location;
  }
  const where = typeof location === "string" ? location : location.href;
  const source = await (isHttp(where) ? findUrl(where) : findLocal(where));
  if (source === undefined) throw fileNotFound(where);
  return source;
}

/** One file to write: a path on disk (Node), or a {@link ByteSink}, given back as it is. */
export async function openSink(location: string | UrlLike | ByteSink): Promise<ByteSink> {
  if (!isLocation(location)) throw locationInvalid("file to write", location);
  if (typeof location === "string") return createLocal(location);
  if (isUrl(location)) return createLocal(location.href);
  if (!["write", "commit", "abort"].every((name) => hasMethod(location, name))) {
    throw locationInvalid("file to write", location);
  }
  return location;
}

/**
 * A file of a directory, open for reading. The caller closes it.
 *
 * @throws FormatError `FILE_NOT_FOUND` where there is none.
 */
export async function openFile(directory: SourceDirectory, file: string): Promise<ByteSource> {
  const source = await findFile(directory, file);
  if (source === undefined) throw fileNotFound(`${directory.name}/${file}`);
  return source;
}

/**
 * A file of a directory, open for reading, or `undefined` where there is none. The caller closes it.
 *
 * @throws UsageError `ARGUMENT_INVALID` where a directory of the caller's own finds what is no source.
 */
export async function findFile(directory: SourceDirectory, file: string): Promise<ByteSource | undefined> {
  checkDirectory("findFile", directory, file);
  const source: unknown = await directory.find(file);
  if (source === undefined || isSource(source)) return source;
  throw argumentInvalid(
    directory.name,
    `the file ${file}`,
    source,
    "a source of bytes with a name and a size, or undefined where there is none",
  );
}

function isHttp(where: string): boolean {
  return /^(https?|blob|data):/.test(where);
}

function isUrl(location: object): location is UrlLike {
  return "href" in location && typeof location.href === "string";
}

function isBlobs(location: object): location is readonly BlobLike[] {
  if (!Array.isArray(location)) return false;
  if (!location.every((item) => isLocation(item) && typeof item === "object" && isBlob(item))) {
    throw locationInvalid("directory", location);
  }
  return true;
}

function isBlob(location: object): location is BlobLike {
  // Typed arrays have a `slice`, too.
  return hasMethod(location, "arrayBuffer") && hasMethod(location, "slice");
}

/** Whether something may say where a file or directory is. */
function isLocation(location: unknown): location is string | object {
  return typeof location === "string" || (typeof location === "object" && location !== null);
}

function hasMethod(value: object, name: string): boolean {
  return typeof (value as Readonly<Record<string, unknown>>)[name] === "function";
}

function isDirectory(
  location: SourceDirectory | Readonly<Record<string, Uint8Array>>,
): location is SourceDirectory {
  if (typeof location["find"] !== "function") return false;
  if (typeof location["name"] === "string") return true;
  throw locationInvalid("directory", location);
}
