import { mostlyEqual } from "../rows/errors.ts";
import { squaredDistance } from "../rows/metrics.ts";
import { type Block, Products } from "../rows/products.ts";
import { type Rows, rowOf } from "../rows/rows.ts";
import { kernelPairs, type KernelPairs } from "./hsic.ts";
import { Ranked } from "./ranked.ts";

/** A kernel's values for one row and each row before it, itself included, from a block of products. */
type Values = (products: Products, block: Block, row: number, into: Float64Array) => void;

/** `a b` of centred rows. */
const linear: Values = ({ n, squares }, { first, unit, values }, row, into) => {
  const start = (row - first) * n;
  for (let at = 0; at < row; at++) into[at] = unit * (values[start + at] ?? 0);
  into[row] = squares[row] ?? 0;
};

/**
 * Squared distances from products where these are right to 1e-4 even if rounding is unkind (Higham and Mary 2019: it grows with the root of
 * the width); in 64 bits for rows that are closer than that.
 */
function squaredDistances(rows: Rows): Values {
  const slack = 4 * Math.sqrt(rows.width + 8) * 2 ** -24;
  return ({ n, squares }, { first, unit, values }, row, into) => {
    const start = (row - first) * n;
    const own = squares[row] ?? 0;
    for (let at = 0; at < row; at++) {
      const both = own + (squares[at] ?? 0);
      const found = both - 2 * unit * (values[start + at] ?? 0);
      into[at] = found * 1e-4 > slack * both ? found : squaredDistance(rowOf(rows, row), rowOf(rows, at));
    }
    into[row] = 0;
  };
}

/** Inner products of two kernels of centred rows, in blocks: for rows that are wider than many. */
export async function linearPairs(a: Rows, b: Rows): Promise<KernelPairs> {
  return sumPairs([a, b], [linear, linear]);
}

/** Kernels `exp(-|a - b|^2 / (2 sigma^2))` with `sigma^2 = fraction^2 * median |a - b|^2` over distinct pairs, with their sigmas. */
export async function rbfPairs(
  a: Rows,
  b: Rows,
  fraction: number,
): Promise<{ readonly pairs: KernelPairs; readonly sigmas: readonly [number, number] }> {
  const sigmas = [await sigmaOf("x", a, fraction), await sigmaOf("y", b, fraction)] as const;
  const kernel = (rows: Rows, sigma: number): Values => {
    const squares = squaredDistances(rows);
    const rate = -1 / (2 * sigma ** 2);
    return (products, block, row, into) => {
      squares(products, block, row, into);
      for (let at = 0; at <= row; at++) into[at] = Math.exp(rate * (into[at] ?? 0));
    };
  };
  return { pairs: await sumPairs([a, b], [kernel(a, sigmas[0]), kernel(b, sigmas[1])]), sigmas };
}

/** @throws UsageError `ROWS_MOSTLY_EQUAL` */
async function sigmaOf(name: string, rows: Rows, fraction: number): Promise<number> {
  using products = new Products(rows, true);
  const squares = squaredDistances(rows);
  const into = new Float64Array(rows.n);
  const ranked = new Ranked((rows.n * (rows.n - 1)) / 2);
  do
    await eachRow([products], ([block], row) => {
      squares(products, block as Block, row, into);
      ranked.see(into.subarray(0, row));
    });
  while (ranked.narrow());
  if (ranked.median === 0) throw mostlyEqual("cka", name);
  return fraction * Math.sqrt(ranked.median);
}

/** Sums over all pairs of rows, from each row and the rows before it: kernels are symmetric. */
async function sumPairs(
  [a, b]: readonly [Rows, Rows],
  [first, second]: readonly [Values, Values],
): Promise<KernelPairs> {
  using p = new Products(a, true);
  using q = new Products(b, true);
  const zeros = (): Float64Array => new Float64Array(a.n);
  const [k, l] = [zeros(), zeros()];
  const [rows, diagonals] = [[zeros(), zeros()] as const, [zeros(), zeros()] as const];
  let [cross, x, y] = [0, 0, 0];
  await eachRow([p, q], ([inA, inB], row) => {
    first(p, inA as Block, row, k); // of every one of them
    second(q, inB as Block, row, l);
    const [own, other] = [k[row] ?? 0, l[row] ?? 0];
    [diagonals[0][row], diagonals[1][row]] = [own, other];
    let [sumK, sumL, sumKL, sumKK, sumLL] = [0, 0, 0, 0, 0];
    for (let at = 0; at < row; at++) {
      const [one, two] = [k[at] ?? 0, l[at] ?? 0];
      sumK += one;
      sumL += two;
      rows[0][at] = (rows[0][at] ?? 0) + one;
      rows[1][at] = (rows[1][at] ?? 0) + two;
      sumKL += one * two;
      sumKK += one * one;
      sumLL += two * two;
    }
    rows[0][row] = (rows[0][row] ?? 0) + sumK + own;
    rows[1][row] = (rows[1][row] ?? 0) + sumL + other;
    cross += 2 * sumKL + own * other;
    x += 2 * sumKK + own * own;
    y += 2 * sumLL + other * other;
  });
  return kernelPairs({ cross, x, y }, rows, diagonals);
}

/** Visits every row with the blocks of products that it is in. */
async function eachRow(
  products: readonly Products[],
  visit: (blocks: readonly Block[], row: number) => void,
): Promise<void> {
  const [{ n, step }] = products as [Products];
  for (let first = 0; first < n; first += step) {
    const blocks = await Promise.all(products.map((one) => one.block(first)));
    for (let row = first; row < Math.min(n, first + step); row++) visit(blocks, row);
  }
}
