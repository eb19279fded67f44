/**
 * Slopes of biases by distance. For a power of two of heads they are a geometric sequence; otherwise implementations differ:
 * `interleaved` takes those of the power below and every second one of twice as many, `reordered` those of the power
 * above, odd ones first.
 *
 * @see Press et al., https://arxiv.org/abs/2108.12409
 */
export function alibiSlopes(heads: number, rule: "interleaved" | "reordered"): number[] {
  const geometric = (count: number): number[] =>
    Array.from({ length: count }, (_, i) => 2 ** ((-8 * (i + 1)) / count));
  const below = 2 ** Math.floor(Math.log2(heads));
  if (below === heads) return geometric(heads);
  const above = geometric(2 * below);
  const [even, odd] = [above.filter((_, i) => i % 2 === 0), above.filter((_, i) => i % 2 === 1)];
  if (rule === "reordered") return [...odd, ...even].slice(0, heads);
  return [...geometric(below), ...even.slice(0, heads - below)];
}
