import { argumentInvalid } from "../../values/arguments.ts";

let table: Int32Array | undefined;

/** The bits of the float32 value of every 16-bit float, by its bits: 256 KiB, made at the first use. */
function float16Table(): Int32Array {
  table ??= new Int32Array(Float32Array.from({ length: 1 << 16 }, (_, bits) => float16Value(bits)).buffer);
  return table;
}

/**
 * The float32 values of IEEE 754 binary16 bits, exactly.
 *
 * **Ownership:** *borrows* `bits`; *returns owned* memory, or `target`.
 *
 * @param target Where they go, from `at` on. Default: new memory.
 *
 * @example
 * decodeFloat16(new Uint16Array([0x3c00, 0xc000])); // => [1, -2]
 */
export function decodeFloat16(bits: Uint16Array, target?: Float32Array, at = 0): Float32Array {
  const values = checked("decodeFloat16", bits, Uint16Array, target, Float32Array, at);
  const words = new Int32Array(values.buffer, values.byteOffset + 4 * at, bits.length);
  const found = float16Table(); // has an entry for every 16 bits
  let i = bits.byteOffset % 4 === 0 ? decodePairs(bits, words, found) : 0;
  for (; i < bits.length; i++) words[i] = found[bits[i] as number] as number;
  return values;
}

/** Two in a read and eight in a turn, which takes half the time; gives how many. */
function decodePairs(bits: Uint16Array, words: Int32Array, found: Int32Array): number {
  const pairs = new Int32Array(bits.buffer, bits.byteOffset, bits.length >> 1);
  let i = 0;
  for (let pair = 3; pair < pairs.length; pair += 4, i += 8) {
    const [a, b] = [pairs[pair - 3] as number, pairs[pair - 2] as number]; // in range by the bound, as all below
    const [c, d] = [pairs[pair - 1] as number, pairs[pair] as number];
    words[i] = found[a & 0xffff] as number;
    words[i + 1] = found[a >>> 16] as number;
    words[i + 2] = found[b & 0xffff] as number;
    words[i + 3] = found[b >>> 16] as number;
    words[i + 4] = found[c & 0xffff] as number;
    words[i + 5] = found[c >>> 16] as number;
    words[i + 6] = found[d & 0xffff] as number;
    words[i + 7] = found[d >>> 16] as number;
  }
  return i;
}

/**
 * The float32 values of bfloat16 bits, exactly.
 *
 * **Ownership:** *borrows* `bits`; *returns owned* memory, or `target`.
 *
 * @param target Where they go, from `at` on. Default: new memory.
 *
 * @example
 * decodeBFloat16(new Uint16Array([0x3f80])); // => [1]
 */
export function decodeBFloat16(bits: Uint16Array, target?: Float32Array, at = 0): Float32Array {
  const values = checked("decodeBFloat16", bits, Uint16Array, target, Float32Array, at);
  // As bits, not as values: a signalling NaN would change on its way through a number.
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) words[at + i] = (bits[i] as number) << 16; // in range by the bound
  return values;
}

type Kind<A> = { readonly name: string; readonly BYTES_PER_ELEMENT: number } & (new (length: number) => A);

/** The target: the one that is given, if all that is given fits, or a new one. @throws UsageError `ARGUMENT_INVALID` */
function checked<S extends ArrayLike<unknown>, T extends ArrayLike<unknown>>(
  owner: string,
  source: S,
  from: Kind<S>,
  target: T | undefined,
  to: Kind<T>,
  at: number,
): T {
  if (!(source instanceof from))
    throw argumentInvalid(
      owner,
      from === (Uint16Array as unknown) ? "bits" : "values",
      source,
      `a ${from.name}`,
    );
  if (target !== undefined && !(target instanceof to))
    throw argumentInvalid(owner, "target", target, `a ${to.name}`);
  const given = target ?? new to(at + source.length);
  if (Number.isInteger(at) && at >= 0 && at + source.length <= given.length) return given;
  throw argumentInvalid(owner, "at", at, `a place of the target with room for ${source.length} values`);
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
 * **Ownership:** *borrows* `values`; *returns owned* memory, or `target`.
 *
 * @param target Where they go, from `at` on. Default: new memory.
 *
 * @example
 * encodeFloat16(new Float32Array([1, -2]))[0]; // => 0x3c00
 */
export function encodeFloat16(values: Float32Array, target?: Uint16Array, at = 0): Uint16Array {
  const halves = checked("encodeFloat16", values, Float32Array, target, Uint16Array, at);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  // A plain loop: `Uint16Array.from` with a function takes ten times as long.
  for (let i = 0; i < bits.length; i++) halves[at + i] = float16Bits(bits[i] as number); // in range by the bound
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
 * **Ownership:** *borrows* `values`; *returns owned* memory, or `target`.
 *
 * @param target Where they go, from `at` on. Default: new memory.
 *
 * @example
 * encodeBFloat16(new Float32Array([1]))[0]; // => 0x3f80
 */
export function encodeBFloat16(values: Float32Array, target?: Uint16Array, at = 0): Uint16Array {
  const halves = checked("encodeBFloat16", values, Float32Array, target, Uint16Array, at);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i] as number; // in range by the bound
    const isNaN = (value & 0x7fffffff) > 0x7f800000;
    // Adding carries into the upper half exactly where rounding goes up; 32 bits hold it, since NaN is out.
    halves[at + i] = isNaN ? (value >>> 16) | 0x40 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
  return halves;
}

/** `bits / 2^shift`, to nearest, ties to even; `bits` has less than 31 bits. */
function roundShift(bits: number, shift: number): number {
  return (bits + (1 << (shift - 1)) - 1 + ((bits >>> shift) & 1)) >>> shift;
}
