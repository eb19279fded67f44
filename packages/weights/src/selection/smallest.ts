/** Half to even, as Python rounds: 2.5 is 2, 3.5 is 4. */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** Some of an array's places: `length` of them, `step` apart. */
export interface Places {
  readonly begin: number;
  readonly length: number;
  readonly step: number;
}

/** Sets the mask to 0 at the `count` smallest of the values at some places; of equal ones, at those that come first. */
export function clearSmallest(
  mask: Uint8Array,
  values: ArrayLike<number>,
  { begin, length, step }: Places,
  count: number,
): void {
  if (count <= 0) return;
  const sorted = values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  for (let i = 0; i < length; i++) sorted[i] = values[begin + i * step] ?? Number.NaN;
  sorted.sort();
  const limit = sorted[count - 1] ?? Number.NaN;
  let equal = count - sorted.indexOf(limit);
  for (let i = 0, at = begin; i < length; i++, at += step) {
    const value = values[at] ?? Number.NaN;
    if (value < limit || (value === limit && equal-- > 0)) mask[at] = 0;
  }
}
