/** A square matrix of kernel values, row after row. */
export interface Kernel {
  readonly n: number;
  readonly values: Float64Array;
}

/** Sums of each row and each column. */
function margins({ n, values }: Kernel): readonly [Float64Array, Float64Array] {
  const [rows, columns] = [new Float64Array(n), new Float64Array(n)];
  values.forEach((value, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    rows[row] = (rows[row] ?? 0) + value;
    columns[column] = (columns[column] ?? 0) + value;
  });
  return [rows, columns];
}

/** `tr(K L)`. */
function trace(k: Kernel, l: Kernel): number {
  let total = 0;
  for (let row = 0; row < k.n; row++)
    for (let column = 0; column < k.n; column++)
      total += (k.values[row * k.n + column] ?? 0) * (l.values[column * k.n + row] ?? 0);
  return total;
}

function product(k: Kernel, l: Kernel): readonly [number, number, number] {
  const [kRows, kColumns] = margins(k);
  const [lRows] = margins(l);
  let [inner, kTotal, lTotal] = [0, 0, 0];
  for (let at = 0; at < k.n; at++) {
    inner += (kColumns[at] ?? 0) * (lRows[at] ?? 0);
    kTotal += kRows[at] ?? 0;
    lTotal += lRows[at] ?? 0;
  }
  return [inner, kTotal, lTotal];
}

/** The biased HSIC, `tr(K H L H)`, without its factor, which CKA cancels. */
export function biasedHsic(k: Kernel, l: Kernel): number {
  const [inner, kTotal, lTotal] = product(k, l);
  return trace(k, l) - (2 * inner) / k.n + (kTotal * lTotal) / k.n ** 2;
}

/** The unbiased HSIC of Song et al. (2012), for at least four rows. The kernels' diagonals are taken as zero. */
export function unbiasedHsic(k: Kernel, l: Kernel): number {
  const { n } = k;
  const [a, b] = [hollow(k), hollow(l)];
  const [inner, kTotal, lTotal] = product(a, b);
  const sum = trace(a, b) + (kTotal * lTotal) / ((n - 1) * (n - 2)) - (2 * inner) / (n - 2);
  return sum / (n * (n - 3));
}

function hollow({ n, values }: Kernel): Kernel {
  return { n, values: values.map((value, at) => (at % (n + 1) === 0 ? 0 : value)) };
}
