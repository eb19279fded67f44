import { shown } from "../text/shown.ts";
import { FormatError, UsageError } from "../errors/base.ts";

/** What to do about a file that cannot be right. */
export const DAMAGED = "The file is damaged or was not fully written: fetch or write it again.";

/** A path on disk was given where there is no disk. */
export function noFileSystem(where: string): UsageError {
  return new UsageError({
    code: "NO_FILE_SYSTEM",
    what: `"${where}" is a path on disk, and this platform has no file system.`,
    hint: "Give a full http(s) URL, File objects or byte arrays instead.",
    fields: { where },
  });
}

/** Something that is no place of a file or directory. */
export function locationInvalid(what: string, location: unknown): UsageError {
  return new UsageError({
    code: "LOCATION_INVALID",
    what: `A ${what} cannot be ${shown(location)}.`,
    hint: "Give a path, a URL, File objects, byte arrays, or an object with the methods that the documentation names.",
  });
}

/** Bytes that are no text. */
export function utf8Invalid(length: number, cause: unknown): FormatError {
  return new FormatError({
    code: "UTF8_INVALID",
    what: `${length} bytes are no UTF-8.`,
    hint: "They are of something else than a text, or of a text that was written in another encoding.",
    fields: { length },
    cause,
  });
}

/** There is no such file. */
export function fileNotFound(file: string): FormatError {
  return new FormatError({
    code: "FILE_NOT_FOUND",
    what: `${file}: there is no such file.`,
    hint: "Check the directory and the file's name.",
    fields: { file },
  });
}

/** The file is there, but it cannot be opened. */
export function fileUnreadable(file: string, cause: unknown): FormatError {
  return new FormatError({
    code: "FILE_UNREADABLE",
    what: `${file}: cannot be read (${reasonOf(cause)}).`,
    hint: "Give the path of a file that you may read.",
    fields: { file },
    cause,
  });
}

/** A file cannot be written there. */
export function fileUnwritable(file: string, cause: unknown): FormatError {
  return new FormatError({
    code: "FILE_UNWRITABLE",
    what: `${file}: cannot be written (${reasonOf(cause)}).`,
    hint: "Give the path of a file in a folder that you may write to; what was there before is still there.",
    fields: { file },
    cause,
  });
}

/** A file that is read whole is too long for that. */
export function fileTooLarge(file: string, size: number, most: number): FormatError {
  return new FormatError({
    code: "FILE_TOO_LARGE",
    what: `${file}: has ${size} bytes; at most ${most} are read.`,
    hint: "Check that it is the file that its name says.",
    fields: { file, size, most },
  });
}

/** The source ended before what was asked for. */
export function fileTruncated(file: string, want: number, size: number): FormatError {
  return new FormatError({
    code: "FILE_TRUNCATED",
    what: `${file}: bytes up to ${want} were asked for, but it ends after ${size}.`,
    hint: DAMAGED,
    fields: { file, want, size },
  });
}

/** A server answered with a status that brings no bytes. */
export function urlFailed(url: string, status: number): FormatError {
  return new FormatError({
    code: "URL_FAILED",
    what: `${url}: the server answered with status ${status}.`,
    hint: "Check the address and whether access needs a header (option `headers`).",
    fields: { url, status },
  });
}

/** No server answered. */
export function urlUnreachable(url: string, cause: unknown): FormatError {
  return new FormatError({
    code: "URL_UNREACHABLE",
    what: `${url}: there is no answer (${reasonOf(cause)}).`,
    hint: "Check the address and the network; in a page, whether the server lets other origins read (CORS).",
    fields: { url },
    cause,
  });
}

/** A file that is something else than its name says. */
export function fileForeign(file: string, what: string, hint: string): FormatError {
  return new FormatError({
    code: "FILE_FOREIGN",
    what: `${file}: is ${what}.`,
    hint,
    fields: { file, what },
  });
}

/** Not JSON. */
export function jsonInvalid(file: string, cause: unknown): FormatError {
  return new FormatError({
    code: "JSON_INVALID",
    what: `${file}: is not valid JSON (${reasonOf(cause)}).`,
    hint: DAMAGED,
    fields: { file },
    cause,
  });
}

/** JSON with a key given twice. */
export function jsonDuplicateKey(file: string, key: string): FormatError {
  return new FormatError({
    code: "JSON_DUPLICATE_KEY",
    what: `${file}: the key "${key}" is given twice in one object.`,
    hint: "Write each key once.",
    fields: { file, key },
  });
}

/** JSON with a key that means something to JavaScript objects. */
export function jsonForbiddenKey(file: string, key: string): FormatError {
  return new FormatError({
    code: "JSON_FORBIDDEN_KEY",
    what: `${file}: the key "${key}" is refused, because it could change how objects behave.`,
    hint: "Rename it, and do not trust the file if you did not write it.",
    fields: { file, key },
  });
}

/** JSON nested too deeply. */
export function jsonTooDeep(file: string, maxDepth: number): FormatError {
  return new FormatError({
    code: "JSON_TOO_DEEP",
    what: `${file}: is nested more than ${maxDepth} deep.`,
    hint: "Flatten it, and do not trust the file if you did not write it.",
    fields: { file, maxDepth },
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
