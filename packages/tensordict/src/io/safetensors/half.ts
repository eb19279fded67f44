import { argumentInvalid } from "../../values/arguments.ts";

let table: Float32Array | undefined;

/** The float32 value of every 16-bit float, by its bits: 256 KiB, made at the first use. */
export function float16Table(): Float32Array {
  table ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => float16Value(bits));
  return table;
}

/** Value of an IEEE 754 binary16, exact. */
function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * Rounds to IEEE 754 binary16 (nearest, ties to even), as bits. Values beyond ±65,504 become infinite.
 *
 * @example
 * encodeFloat16(new Float32Array([1, -2]))[0]; // => 0x3c00
 */
export function encodeFloat16(values: Float32Array): Uint16Array {
  if (!(values instanceof Float32Array))
    throw argumentInvalid("encodeFloat16", "values", values, "a Float32Array");
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  // A plain loop: `Uint16Array.from` with a function takes ten times as long.
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = float16Bits(bits[i] as number); // in range by the bound
  return halves;
}

function float16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  const fraction = bits & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200);
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent > 0) return sign | roundShift((exponent << 23) | fraction, 13);
  // Subnormal: the hidden bit becomes visible; anything below half the smallest is zero.
  return exponent < -10 ? sign : sign | roundShift(fraction | 0x800000, 14 - exponent);
}

/**
 * Rounds to bfloat16 (nearest, ties to even), as bits: the upper half of a float32.
 *
 * @example
 * encodeBFloat16(new Float32Array([1]))[0]; // => 0x3f80
 */
export function encodeBFloat16(values: Float32Array): Uint16Array {
  if (!(values instanceof Float32Array))
    throw argumentInvalid("encodeBFloat16", "values", values, "a Float32Array");
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i] as number; // in range by the bound
    const isNaN = (value & 0x7fffffff) > 0x7f800000;
    // Adding carries into the upper half exactly where rounding goes up; 32 bits hold it, since NaN is out.
    halves[i] = isNaN ? (value >>> 16) | 0x40 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return halves;
}

/** `bits / 2^shift`, to nearest, ties to even; `bits` has less than 31 bits. */
function roundShift(bits: number, shift: number): number {
  return (bits + (1 << (shift - 1)) - 1 + ((bits >>> shift) & 1)) >>> shift;
}
