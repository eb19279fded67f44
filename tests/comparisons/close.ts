/** How far apart two values may be: `|got - want| <= atol + rtol |want|`. */
export interface Tolerance {
  readonly atol: number;
  readonly rtol: number;
}

/** The worst place at which values are too far apart, in words; `undefined` where there is none. */
export function describeDifference(
  got: ArrayLike<number>,
  want: ArrayLike<number>,
  { atol, rtol }: Tolerance,
  counts: (at: number) => boolean = () => true,
): string | undefined {
  if (got.length !== want.length) return `${got.length} values in place of ${want.length}`;
  let worst = { at: -1, excess: 0 };
  for (let at = 0; at < want.length; at++) {
    const wanted = want[at] ?? Number.NaN;
    if (!counts(at) || wanted < -1e30) continue; // masked scores differ between tools
    const excess = Math.abs((got[at] ?? Number.NaN) - wanted) - (atol + rtol * Math.abs(wanted));
    if (!(excess <= worst.excess)) worst = { at, excess: Number.isNaN(excess) ? Infinity : excess };
  }
  return worst.at < 0 ? undefined : `at ${worst.at}: ${got[worst.at]}, expected ${want[worst.at]}`;
}
