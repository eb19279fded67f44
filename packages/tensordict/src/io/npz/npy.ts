import type { SafetensorsDtype } from "../safetensors/dtypes.ts";
import { DTYPES } from "../safetensors/dtypes.ts";
import { elementCount } from "../safetensors/entry.ts";
import type { HostTensor } from "../safetensors/read.ts";
import type { ByteSource } from "../source.ts";
import { npyDtype, npyHeader } from "./errors.ts";

/** NumPy's words for element types. */
const DESCRIPTIONS: Readonly<Record<string, SafetensorsDtype>> = {
  "<f8": "F64",
  "<f4": "F32",
  "<f2": "F16",
  "<i8": "I64",
  "<i4": "I32",
  "<i2": "I16",
  "|i1": "I8",
  "<u8": "U64",
  "<u4": "U32",
  "<u2": "U16",
  "|u1": "U8",
  "|b1": "BOOL",
  "<c8": "C64",
};

/** What the header of an array says. */
export interface NpyHeader {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Whether the first axis is the one whose elements lie side by side. */
  readonly isColumnMajor: boolean;
  /** Where elements begin, counted from the beginning of the array's bytes. */
  readonly start: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** NumPy itself takes no longer one from files that are not trusted. */
const MAX_HEADER_BYTES = 10_000;
const HEADER =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([\d,\s]*)\),?\s*\}\s*$/;

/**
 * Reads the header of an array, by pattern: it is a literal of Python, and nothing of it is evaluated.
 *
 * @param array The array's bytes. **Ownership:** *borrowed*.
 * @throws FormatError `NPY_HEADER`, `NPY_DTYPE`
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export async function readNpyHeader(array: ByteSource, file: string, member: string): Promise<NpyHeader> {
  const refuse = (problem: string): Error => npyHeader(file, member, problem);
  if (array.size < 12) throw refuse(`has ${array.size} bytes, too few for a header`);
  const prefix = new Uint8Array(12);
  await array.readInto(prefix, 0);
  const view = new DataView(prefix.buffer);
  const version = prefix[6] ?? 0;
  if (MAGIC.some((byte, at) => prefix[at] !== byte)) throw refuse("does not begin as arrays of NumPy do");
  if (version < 1 || version > 3) throw refuse(`is of version ${version}, not 1 to 3`);
  const [at, bytes] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (bytes > MAX_HEADER_BYTES || at + bytes > array.size) throw refuse(`claims a header of ${bytes} bytes`);
  const header = new Uint8Array(bytes);
  await array.readInto(header, at);
  const text = String.fromCharCode(...header);
  const [, descr = "", order, sizes = ""] = HEADER.exec(text) ?? [];
  if (order === undefined) throw refuse(`has the header ${JSON.stringify(text.trim().slice(0, 80))}`);
  const dtype = Object.hasOwn(DESCRIPTIONS, descr) ? DESCRIPTIONS[descr] : undefined;
  if (dtype === undefined) throw npyDtype(file, member, descr, Object.keys(DESCRIPTIONS));
  const shape = sizes
    .split(",")
    .map((size) => size.trim())
    .filter((size) => size !== "")
    .map(Number);
  const start = at + bytes;
  const wanted = elementCount(shape) * DTYPES[dtype].bytes;
  if (!shape.every(Number.isSafeInteger) || wanted !== array.size - start)
    throw refuse(
      `has ${array.size - start} bytes, which is not what ${descr} of shape (${shape.join(", ")}) takes`,
    );
  return { dtype, shape, isColumnMajor: order === "True", start };
}

/** The same values with the last axis' elements side by side. */
export function rowMajor({ dtype, shape, data }: HostTensor): HostTensor {
  const width = dtype === "complex64" ? 2 : 1;
  const turned = data.slice();
  const steps = shape.map((_, axis) => elementCount(shape.slice(0, axis)));
  const place = shape.map(() => 0);
  for (let to = 0; to < data.length / width; to++) {
    const from = place.reduce((sum, index, axis) => sum + index * (steps[axis] ?? 0), 0);
    for (let part = 0; part < width; part++) turned[to * width + part] = data[from * width + part] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = (place[axis] ?? 0) + 1;
      if ((place[axis] ?? 0) < (shape[axis] ?? 0)) break;
      place[axis] = 0;
    }
  }
  return { dtype, shape, data: turned };
}
