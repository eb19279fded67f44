/**
 * Slopes of heads for biases by distance: powers of `2^(-8/n)`; where `n` is no power of two, those of the next lower one
 * and every second of the next higher.
 *
 * @see Press et al., https://arxiv.org/abs/2108.12409
 */
export function slopesOf(nHeads: number): number[] {
  const lower = 2 ** Math.floor(Math.log2(nHeads));
  const own = Array.from({ length: lower }, (_, i) => 2 ** ((-8 / lower) * (i + 1)));
  const further = Array.from({ length: nHeads - lower }, (_, i) => 2 ** ((-4 / lower) * (2 * i + 1)));
  return [...own, ...further];
}

/** MPT's slopes: where the number of heads is no power of two, those of the next higher one, odd ones first. */
export function slopesOfHigher(nHeads: number): number[] {
  const higher = 2 ** Math.ceil(Math.log2(nHeads));
  const all = Array.from({ length: higher }, (_, i) => 2 ** ((-8 / higher) * (i + 1)));
  if (higher === nHeads) return all;
  const odd = all.filter((_, i) => i % 2 === 1);
  const even = all.filter((_, i) => i % 2 === 0);
  return [...odd, ...even].slice(0, nHeads);
}
