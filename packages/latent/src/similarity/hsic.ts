/** What both kinds of HSIC need of two kernels, `[n, n]` and symmetric, without the kernels themselves. */
export interface KernelPair {
  readonly n: number;
  /** `sum K L` over all pairs of rows. */
  readonly inner: number;
  /** Sums of each row of each kernel. */
  readonly rows: readonly [Float64Array, Float64Array];
  readonly diagonals: readonly [Float64Array, Float64Array];
}

/** The biased HSIC, `tr(K H L H)`, without its factor, which CKA cancels. */
export function biasedHsic({ n, inner, rows: [k, l] }: KernelPair): number {
  return inner - (2 * product(k, l)) / n + (total(k) * total(l)) / n ** 2;
}

/** The unbiased HSIC of Song et al. (2012), for at least four rows. The kernels' diagonals are taken as zero. */
export function unbiasedHsic({ n, inner, rows, diagonals }: KernelPair): number {
  const [k, l] = [hollow(rows[0], diagonals[0]), hollow(rows[1], diagonals[1])];
  const apart = inner - product(diagonals[0], diagonals[1]);
  const sum = apart + (total(k) * total(l)) / ((n - 1) * (n - 2)) - (2 * product(k, l)) / (n - 2);
  return sum / (n * (n - 3));
}

const hollow = (rows: Float64Array, diagonal: Float64Array): Float64Array =>
  rows.map((sum, at) => sum - (diagonal[at] ?? 0));

function product(k: Float64Array, l: Float64Array): number {
  return k.reduce((sum, one, at) => sum + one * (l[at] ?? 0), 0);
}

function total(values: Float64Array): number {
  return values.reduce((sum, one) => sum + one, 0);
}

/** Kernels of two representations: with each other, and each with itself. */
export interface KernelPairs {
  readonly cross: KernelPair;
  readonly x: KernelPair;
  readonly y: KernelPair;
}

/** The three pairs of two kernels from sums of their products. */
export function kernelPairs(
  inner: { readonly cross: number; readonly x: number; readonly y: number },
  rows: KernelPair["rows"],
  diagonals: KernelPair["diagonals"],
): KernelPairs {
  const n = rows[0].length;
  const pair = (sum: number, a: 0 | 1, b: 0 | 1): KernelPair => ({
    n,
    inner: sum,
    rows: [rows[a], rows[b]],
    diagonals: [diagonals[a], diagonals[b]],
  });
  return { cross: pair(inner.cross, 0, 1), x: pair(inner.x, 0, 0), y: pair(inner.y, 1, 1) };
}
