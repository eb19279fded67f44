/**
 * The float32 values of 16-bit floats, exactly. Exponent and fraction are put where float32 has them and then scaled by 2^112,
 * the difference of the formats' biases, which makes subnormal numbers right, too: no branch, where there are many. Infinities and
 * NaN are mended afterwards, if there are any. **Ownership:** *borrows* `bits`; *returns owned*.
 */
export function decodeHalf(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  const words = new Uint32Array(values.buffer);
  let special = 0;
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i] as number; // in range by the bound
    const magnitude = half & 0x7fff;
    special |= magnitude + 0x400; // reaches 0x8000 where all bits of the exponent are set
    words[i] = ((half & 0x8000) << 16) | (magnitude << 13);
    values[i] = (values[i] as number) * 2 ** 112;
  }
  if ((special & 0x8000) !== 0) mendSpecial(bits, words);
  return values;
}

function mendSpecial(bits: Uint16Array, words: Uint32Array): void {
  for (let i = 0; i < bits.length; i++) {
    const half = bits[i] as number;
    if ((half & 0x7c00) === 0x7c00)
      words[i] = ((half & 0x8000) << 16) | 0x7f800000 | ((half & 0x3ff) === 0 ? 0 : 0x400000);
  }
}
