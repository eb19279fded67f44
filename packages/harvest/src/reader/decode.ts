import { decodeBFloat16, decodeFloat16, DTYPES } from "@hookdict/tensordict/io";
import { harvestFileInvalid } from "../checks/errors.ts";
import { type Column, type ColumnDtype, sizeOf } from "./columns.ts";

/** Elements of a column as shards hold them. */
export type Elements = Float32Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Values of a column in memory. */
export type Values = Float32Array | Int32Array;

/** Which units: consecutive ones, or some by their numbers. */
export type Units = { readonly from: number; readonly count: number } | Uint32Array;

const KINDS = {
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I32: Int32Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
} satisfies Record<ColumnDtype, unknown>;

/** The elements that bytes are. **Ownership:** *borrows*: they are the same memory, which begins where arrays do. */
export function elementsOf({ dtype }: Column, { buffer, byteOffset, byteLength }: Uint8Array): Elements {
  const Kind = KINDS[dtype];
  return new Kind(buffer as ArrayBuffer, byteOffset, Math.floor(byteLength / Kind.BYTES_PER_ELEMENT));
}

/** Memory for the values of some units. */
export function allocateValues({ dtype, shape }: Column, count: number): Values {
  const size = count * sizeOf(shape);
  return DTYPES[dtype].host === "float32" ? new Float32Array(size) : new Int32Array(size);
}

/**
 * Puts the values of units one behind the other, from the unit `at` on.
 *
 * @throws FormatError `HARVEST_FILE_INVALID` for a number beyond int32.
 */
export function decodeUnits(
  column: Column,
  elements: Elements,
  units: Units,
  target: Values,
  at: number,
): void {
  const size = sizeOf(column.shape);
  if (!(units instanceof Uint32Array)) {
    decodeRun(
      column,
      elements.subarray(units.from * size, (units.from + units.count) * size),
      target,
      at * size,
    );
  } else if (size === 1 && target instanceof Int32Array) {
    for (let i = 0; i < units.length; i++) target[at + i] = elements[units[i] as number] as number; // in range
    checkWhole(column, target, at, at + units.length);
  } else {
    for (const [i, unit] of units.entries())
      decodeRun(column, elements.subarray(unit * size, (unit + 1) * size), target, (at + i) * size);
  }
}

function decodeRun(column: Column, elements: Elements, target: Values, at: number): void {
  if (target instanceof Float32Array && elements instanceof Uint16Array) {
    if (column.dtype === "F16") decodeFloat16(elements, target, at);
    else decodeBFloat16(elements, target, at);
    return;
  }
  target.set(elements, at);
  checkWhole(column, target, at, at + elements.length);
}

/** An unsigned number that int32 has not is negative there. */
function checkWhole({ name, dtype }: Column, values: Values, from: number, to: number): void {
  if (dtype !== "U32") return;
  for (let i = from; i < to; i++)
    if ((values[i] as number) < 0)
      throw harvestFileInvalid(name, `it holds ${(values[i] as number) + 2 ** 32}, which is beyond int32`);
}
