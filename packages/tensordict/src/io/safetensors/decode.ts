import { safetensorsBool, safetensorsInteger } from "./errors.ts";
import type { SafetensorsDtype } from "./dtypes.ts";
import type { TensorEntry } from "./entry.ts";
import { decodeBFloat16, decodeFloat16 } from "./half.ts";

/** Values in memory: float32, int32, bool as bytes, or complex64 as pairs of float32. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

/** Turns the elements in `raw` into values at `out[at...]`. `raw` starts at a multiple of the element size. */
type Decoder = (raw: ArrayBuffer, out: HostArray, at: number, entry: TensorEntry) => void;

/** Decoders of the element types whose bytes in the file are not those in memory. The others are read in place. */
export const DECODERS: Readonly<Partial<Record<SafetensorsDtype, Decoder>>> = {
  F64: (raw, out, at) => out.set(new Float64Array(raw), at),
  F16: (raw, out, at) => void decodeFloat16(new Uint16Array(raw), out as Float32Array, at), // what F16 becomes
  BF16: (raw, out, at) => void decodeBFloat16(new Uint16Array(raw), out as Float32Array, at),
  I64: (raw, out, at, entry) => decodeWide(new BigInt64Array(raw), out, at, entry),
  U64: (raw, out, at, entry) => decodeWide(new BigUint64Array(raw), out, at, entry),
  U32: decodeUint32,
  I16: (raw, out, at) => out.set(new Int16Array(raw), at),
  U16: (raw, out, at) => out.set(new Uint16Array(raw), at),
  I8: (raw, out, at) => out.set(new Int8Array(raw), at),
  U8: (raw, out, at) => out.set(new Uint8Array(raw), at),
};

function decodeWide(
  values: BigInt64Array | BigUint64Array,
  out: HostArray,
  at: number,
  entry: TensorEntry,
): void {
  for (let i = 0; i < values.length; i++) {
    // In range by the loop's bound.
    const value = values[i] as bigint;
    if (value !== BigInt.asIntN(32, value)) throw safetensorsInteger(entry.file, entry.name, value, at + i);
    out[at + i] = Number(value);
  }
}

function decodeUint32(raw: ArrayBuffer, out: HostArray, at: number, entry: TensorEntry): void {
  const values = new Uint32Array(raw);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number; // in range by the bound
    if (value > 0x7fffffff) throw safetensorsInteger(entry.file, entry.name, BigInt(value), at + i);
  }
  out.set(values, at);
}

/** Checks that bytes read as bool are 0 or 1. */
export function checkBool(values: HostArray, entry: TensorEntry): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number; // in range by the bound
    if (value > 1) throw safetensorsBool(entry.file, entry.name, value, i);
  }
}
