import { FormatError, UsageError } from "../../errors/base.ts";
import { DAMAGED } from "../errors.ts";

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
  const shown = `${names.slice(0, 8).join(", ")}${names.length > 8 ? " and others" : ""}`;
  return new UsageError({
    code: "TENSOR_NOT_IN_FILE",
    what: `${file}: has no tensor "${tensor}".`,
    hint: names.length === 0 ? "It is empty." : `It has ${names.length}: ${shown}.`,
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

/** A value from a file, cut to what a message can carry. */
function printed(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A name that UTF-8 cannot hold. */
export function safetensorsWriteText(file: string, tensor: string): UsageError {
  return new UsageError({
    code: "SAFETENSORS_WRITE_TEXT",
    what: `${file}: cannot hold a tensor named ${JSON.stringify(tensor)}, which has half of a surrogate pair.`,
    hint: "Give it a name that is Unicode text.",
    fields: { file, tensor },
  });
}

/** A header that no reader takes. */
export function safetensorsWriteHeader(file: string, bytes: number, most: number): UsageError {
  return new UsageError({
    code: "SAFETENSORS_WRITE_HEADER",
    what: `${file}: its header would have ${bytes} bytes; readers take at most ${most}.`,
    hint: "Save fewer tensors or values in one file; long texts fit into string tensors.",
    fields: { file, bytes, most },
  });
}
