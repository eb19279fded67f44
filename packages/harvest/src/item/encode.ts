import { encodeBFloat16, encodeFloat16 } from "@hookdict/tensordict/io";
import { valueRange } from "../plan/errors.ts";
import type { StoredDtype } from "../plan/plan.ts";

/** Bytes of stored values. */
export type StoredArray = Float32Array | Uint16Array | Int32Array | Uint8Array;

/** Memory for values of a stored type. */
export function allocate(dtype: StoredDtype, count: number): StoredArray {
  if (dtype === "F32") return new Float32Array(count);
  if (dtype === "I32") return new Int32Array(count);
  return dtype === "U8" ? new Uint8Array(count) : new Uint16Array(count);
}

/**
 * Puts values into their place, rounded to what is stored. Infinities and NaN that the model gave stay what they are.
 *
 * @throws ShapeError `HARVEST_VALUE_RANGE` for a finite value beyond the largest that can be stored.
 */
export function store(
  site: string,
  dtype: StoredDtype,
  values: ArrayLike<number>,
  target: StoredArray,
  at: number,
): void {
  if (dtype !== "F16" && dtype !== "BF16") {
    target.set(values, at);
    return;
  }
  const floats = values instanceof Float32Array ? values : Float32Array.from(values);
  const bits = target as Uint16Array; // what `allocate` made of this type
  if (dtype === "F16") encodeFloat16(floats, bits, at);
  else encodeBFloat16(floats, bits, at);
  checkRange(site, dtype, floats, bits, at);
}

function checkRange(
  site: string,
  dtype: "F16" | "BF16",
  values: Float32Array,
  bits: Uint16Array,
  at: number,
): void {
  const exponent = dtype === "F16" ? 0x7c00 : 0x7f80;
  for (let i = 0; i < values.length; i++) {
    // In range by the bound.
    if (((bits[at + i] as number) & exponent) !== exponent || !Number.isFinite(values[i])) continue;
    if (dtype === "F16") throw valueRange(site, values[i] as number, "float16", "65504");
    throw valueRange(site, values[i] as number, "bfloat16", "3.39e38");
  }
}

/** The bytes of an array. **Ownership:** *borrows*: they are the same memory. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
