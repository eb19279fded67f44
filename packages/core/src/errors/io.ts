import { FormatError, UsageError } from "./base.ts";

const DAMAGED = "The file is damaged or was not fully written: fetch or write it again.";

/** A path on disk was given where there is no disk. */
export function noFileSystem(where: string): UsageError {
  return new UsageError({
    code: "NO_FILE_SYSTEM",
    what: `"${where}" is a path on disk, and this platform has no file system.`,
    hint: "Give a full http(s) URL, File objects or byte arrays instead.",
    fields: { where },
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
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FormatError({
    code: "FILE_UNREADABLE",
    what: `${file}: cannot be read (${reason}).`,
    hint: "Give the path of a file that you may read.",
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

/** Not JSON. */
export function jsonInvalid(file: string, cause: SyntaxError): FormatError {
  return new FormatError({
    code: "JSON_INVALID",
    what: `${file}: is not valid JSON (${cause.message}).`,
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

/** Too short to be a safetensors file at all. */
export function safetensorsTooShort(file: string, size: number): FormatError {
  return new FormatError({
    code: "SAFETENSORS_TOO_SHORT",
    what: `${file}: has ${size} bytes, too few for the length of a safetensors header (8).`,
    hint: DAMAGED,
    fields: { file, size },
  });
}

/** The header claims to be longer than the file, or than any header that is read. */
export function safetensorsHeaderLength(
  file: string,
  length: bigint,
  size: number,
  most: number,
): FormatError {
  return new FormatError({
    code: "SAFETENSORS_HEADER_LENGTH",
    what: `${file}: claims a header of ${length} bytes, in a file of ${size}; at most ${most} are read.`,
    hint: "It is not a safetensors file, or it is damaged.",
    fields: { file, length, size, most },
  });
}

/** The header is not a JSON object. */
export function safetensorsHeaderJson(file: string, problem: string, cause: unknown): FormatError {
  return new FormatError({
    code: "SAFETENSORS_HEADER_JSON",
    what: `${file}: its safetensors header or metadata ${problem}.`,
    hint: "It is not a safetensors file, or it is damaged.",
    fields: { file },
    cause,
  });
}

/** A note in `__metadata__` is not a string. */
export function safetensorsMetadata(file: string, name: string, note: unknown): FormatError {
  return new FormatError({
    code: "SAFETENSORS_METADATA",
    what: `${file}: the metadata "${name}" is ${printed(note)}, not a string.`,
    hint: "Metadata of safetensors files are strings.",
    fields: { file, name },
  });
}

/** A header entry lacks a part, or a part is of the wrong kind. */
export function safetensorsEntry(file: string, tensor: string, part: string, got: unknown): FormatError {
  return new FormatError({
    code: "SAFETENSORS_ENTRY",
    what: `${file}: tensor "${tensor}" has a bad ${part} in the header: ${printed(got)}.`,
    hint: "An entry is { dtype: string, shape: sizes, data_offsets: [begin, end] }.",
    fields: { file, tensor, part },
  });
}

/** An element type that is not known. */
export function safetensorsDtype(
  file: string,
  tensor: string,
  dtype: unknown,
  known: readonly string[],
): FormatError {
  return new FormatError({
    code: "SAFETENSORS_DTYPE",
    what: `${file}: tensor "${tensor}" has the unknown dtype ${printed(dtype)}.`,
    hint: `Known are ${known.join(", ")}.`,
    fields: { file, tensor, dtype, known },
  });
}

/** Offsets that lie outside the file. */
export function safetensorsOffsets(
  file: string,
  tensor: string,
  offsets: readonly number[],
  bytes: number,
): FormatError {
  return new FormatError({
    code: "SAFETENSORS_OFFSETS",
    what: `${file}: tensor "${tensor}" lies at [${offsets.join(", ")}], outside the ${bytes} bytes of data.`,
    hint: DAMAGED,
    fields: { file, tensor, offsets, bytes },
  });
}

/** As many bytes as given are not what the shape needs. */
export function safetensorsSize(
  file: string,
  tensor: string,
  dtype: string,
  shape: readonly number[],
  bytes: number,
): FormatError {
  return new FormatError({
    code: "SAFETENSORS_SIZE",
    what: `${file}: tensor "${tensor}" has ${bytes} bytes, which is not what ${dtype}[${shape.join(", ")}] takes.`,
    hint: DAMAGED,
    fields: { file, tensor, dtype, shape, bytes },
  });
}

/** Two tensors share bytes. */
export function safetensorsOverlap(file: string, first: string, second: string, bytes: number): FormatError {
  return new FormatError({
    code: "SAFETENSORS_OVERLAP",
    what: `${file}: tensors "${first}" and "${second}" share ${bytes} bytes.`,
    hint: DAMAGED,
    fields: { file, first, second, bytes },
  });
}

/** Bytes that belong to no tensor. */
export function safetensorsHole(
  file: string,
  from: number,
  to: number,
  before: string | undefined,
): FormatError {
  const place = before === undefined ? "at its end" : `before tensor "${before}"`;
  return new FormatError({
    code: "SAFETENSORS_HOLE",
    what: `${file}: bytes ${from} to ${to}, ${place}, belong to no tensor.`,
    hint: DAMAGED,
    fields: { file, from, to, before },
  });
}

/** An integer that int32 cannot hold. */
export function safetensorsInteger(file: string, tensor: string, value: bigint, index: number): FormatError {
  return new FormatError({
    code: "SAFETENSORS_INTEGER",
    what: `${file}: tensor "${tensor}" holds ${value} at element ${index}, which int32 cannot hold.`,
    hint: "TensorFlow.js has no wider integers: store it as a float, or split it.",
    fields: { file, tensor, value, index },
  });
}

/** A bool that is neither 0 nor 1. */
export function safetensorsBool(file: string, tensor: string, value: number, index: number): FormatError {
  return new FormatError({
    code: "SAFETENSORS_BOOL",
    what: `${file}: tensor "${tensor}" holds the byte ${value} at element ${index}, which is no bool.`,
    hint: DAMAGED,
    fields: { file, tensor, value, index },
  });
}

/** A target array of the wrong kind or length. */
export function safetensorsTarget(file: string, tensor: string, want: string, got: string): UsageError {
  return new UsageError({
    code: "SAFETENSORS_TARGET",
    what: `${file}: tensor "${tensor}" fills a ${want}, not a ${got}.`,
    hint: "Give an array of that kind and length.",
    fields: { file, tensor, want, got },
  });
}

/** Rows that a tensor does not have. */
export function safetensorsRows(
  file: string,
  tensor: string,
  start: number,
  count: number,
  rows: number,
): UsageError {
  return new UsageError({
    code: "SAFETENSORS_ROWS",
    what: `${file}: rows ${start} to ${start + count} of tensor "${tensor}" were asked for, which has ${rows}.`,
    hint: "Ask for rows within the first axis.",
    fields: { file, tensor, start, count, rows },
  });
}

/** A name that the file does not have. */
export function tensorNotInFile(file: string, tensor: string, names: readonly string[]): UsageError {
  const shown = names.slice(0, 8).join(", ");
  return new UsageError({
    code: "TENSOR_NOT_IN_FILE",
    what: `${file}: has no tensor "${tensor}".`,
    hint: `It has ${names.length}: ${shown}${names.length > 8 ? ", ..." : ""}.`,
    fields: { file, tensor, names },
  });
}

/** A name that cannot be written. */
export function safetensorsWriteName(file: string, tensor: string): UsageError {
  return new UsageError({
    code: "SAFETENSORS_WRITE_NAME",
    what: `${file}: cannot hold a tensor named "${tensor}", which is reserved or there already.`,
    hint: "Give every tensor a name of its own.",
    fields: { file, tensor },
  });
}

/** Data that are not as long as their shape says. */
export function safetensorsWriteBytes(file: string, tensor: string, want: number, got: number): UsageError {
  return new UsageError({
    code: "SAFETENSORS_WRITE_BYTES",
    what: `${file}: tensor "${tensor}" takes ${want} bytes by its shape and dtype, but its data have ${got}.`,
    hint: "Give the elements of the whole tensor, in its dtype.",
    fields: { file, tensor, want, got },
  });
}

/** A directory without weights. */
export function checkpointMissing(directory: string, single: string, index: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_MISSING",
    what: `${directory}: has neither ${single} nor ${index}.`,
    hint: "Give a Hugging Face directory with safetensors weights.",
    fields: { directory },
  });
}

/** An index that is not one. */
export function checkpointIndex(file: string, problem: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_INDEX",
    what: `${file}: ${problem}.`,
    hint: 'An index is { "weight_map": { tensor name: file name } }.',
    fields: { file },
  });
}

/** A shard lacks what the index says it has. */
export function checkpointShardLacks(file: string, tensor: string, index: string): FormatError {
  return new FormatError({
    code: "CHECKPOINT_SHARD_LACKS",
    what: `${file}: lacks tensor "${tensor}", which ${index} says it has.`,
    hint: "Fetch index and shards of one version.",
    fields: { file, tensor },
  });
}

/** A shard has what the index does not put there. */
export function checkpointShardExtra(
  file: string,
  tensor: string,
  index: string,
  elsewhere: string | undefined,
): FormatError {
  const place = elsewhere === undefined ? "does not list" : `puts in ${elsewhere}`;
  return new FormatError({
    code: "CHECKPOINT_SHARD_EXTRA",
    what: `${file}: has tensor "${tensor}", which ${index} ${place}.`,
    hint: "Fetch index and shards of one version.",
    fields: { file, tensor, elsewhere },
  });
}

/** A value from a file, cut to what a message can carry. */
function printed(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
