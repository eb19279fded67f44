import {
  clone,
  dispose,
  fill,
  matMul,
  type Rank,
  reshape,
  slice,
  split,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { centred, type Rows } from "../rows/rows.ts";
import { type KernelPair, kernelPairs, type KernelPairs } from "./hsic.ts";

/** Rows that are multiplied at once: products of float32 are added up in 64 bits from there on. */
const ROWS = 2 ** 14;
/** At the most so many columns of a block of a product, and about so few at the least. */
const [WIDE, NARROW] = [2048, 256];
/** Spread over mean, squared, below which float32 holds too little of the spread. */
const FLAT = 1e-6;

/**
 * Linear kernels of centred rows by products of their features: `|X^T Y|^2` is `sum K L`, and no kernel is made. `undefined` where
 * float32 is not enough, and where values are none. **Ownership:** borrows both tensors, float32 `[n, ...]`.
 */
export async function featurePairs(
  x: Tensor,
  y: Tensor,
  needsDiagonals: boolean,
): Promise<KernelPairs | undefined> {
  const [p, q] = [await centredTensor(x), await centredTensor(y)];
  try {
    const pairs = await pairsOf(p.tensor, q.tensor, needsDiagonals);
    const isFine = Number.isFinite(pairs.cross.inner) && spreads(pairs.x, p.size) && spreads(pairs.y, q.size);
    return isFine ? pairs : undefined;
  } finally {
    dispose([p.tensor, q.tensor]);
  }
}

/** Whether there is spread, which float32 holds beside a mean of that squared length. */
function spreads({ n, inner }: KernelPair, size: number): boolean {
  return inner > 0 && Number.isFinite(inner) && Math.sqrt(inner) > FLAT * n * size;
}

/** The same of rows in 64 bits, which are centred there and scaled to what float32 holds. */
export async function scaledFeaturePairs(a: Rows, b: Rows): Promise<KernelPairs> {
  const [p, q] = [scaledTensor(a), scaledTensor(b)];
  try {
    return await pairsOf(p.tensor, q.tensor, true, [p.unit, q.unit]);
  } finally {
    dispose([p.tensor, q.tensor]);
  }
}

/** @param units What squares of values are to be multiplied by. */
async function pairsOf(
  x: Tensor2D,
  y: Tensor2D,
  needsDiagonals: boolean,
  [p, q]: readonly [number, number] = [1, 1],
): Promise<KernelPairs> {
  const inner = {
    cross: p * q * (await squaredProduct(x, y)),
    x: p * p * (await squaredGram(x)),
    y: q * q * (await squaredGram(y)),
  };
  const none = new Float64Array(x.shape[0]); // sums of rows, which are centred
  const diagonals = needsDiagonals
    ? ([await diagonal(x, p), await diagonal(y, q)] as const)
    : ([none, none] as const);
  return kernelPairs(inner, [none, none], diagonals);
}

/** Less the mean of each column; beside it the squared length of the mean. **Ownership:** borrows, returns owned. */
async function centredTensor(x: Tensor): Promise<{ readonly tensor: Tensor2D; readonly size: number }> {
  const [n = 1] = x.shape;
  const [tensor, means] = tidy(() => {
    const rows = reshape<Rank.R2>(x, [n, -1]);
    const found = matMul(fill([1, n], 1 / n), rows); // `mean` takes three times as long natively
    return [sub<Tensor2D>(rows, found), found];
  });
  try {
    return { tensor, size: squareOf((await means.data()) as Float32Array) };
  } finally {
    means.dispose();
  }
}

function scaledTensor(rows: Rows): { readonly tensor: Tensor2D; readonly unit: number } {
  const { values, n, width } = centred(rows);
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  const found = new Float32Array(values.length);
  if (most > 0) for (let at = 0; at < values.length; at++) found[at] = (values[at] ?? 0) / most;
  return { tensor: tensor2d(found, [n, width]), unit: most ** 2 };
}

/** `|X^T Y|^2`. */
async function squaredProduct(x: Tensor2D, y: Tensor2D): Promise<number> {
  const [left, right] = [columnsOf(x, 1), columnsOf(y, 1)];
  try {
    let total = 0;
    for (const a of left) for (const b of right) total += squareOf(await product(a, b));
    return total;
  } finally {
    dispose([...left, ...right]);
  }
}

/** `|X^T X|^2`: what lies below the diagonal is what lies above it, so that a quarter of the work and more is left out. */
async function squaredGram(x: Tensor2D): Promise<number> {
  const columns = columnsOf(x, Math.min(4, Math.round(x.shape[1] / NARROW)));
  try {
    let total = 0;
    for (const [at, a] of columns.entries())
      for (const b of columns.slice(at)) total += (a === b ? 1 : 2) * squareOf(await product(a, b));
    return total;
  } finally {
    dispose([...columns]);
  }
}

/** The columns in so many blocks, and in more where these would be wide. **Ownership:** borrows, returns owned. */
function columnsOf(x: Tensor2D, count: number): readonly Tensor2D[] {
  const [, width] = x.shape;
  const size = Math.ceil(width / Math.max(count, Math.ceil(width / WIDE)));
  if (size === width) return [clone(x)];
  const sizes = Array.from({ length: Math.ceil(width / size) }, (_, at) => Math.min(size, width - at * size));
  return tidy(() => split<Tensor2D>(x, sizes, 1));
}

/** `X^T Y`. */
async function product(x: Tensor2D, y: Tensor2D): Promise<Float32Array | Float64Array> {
  const [n] = x.shape;
  let sums: Float64Array | undefined;
  for (let first = 0; first < n; first += ROWS) {
    const part = tidy(() => matMul(rowsFrom(x, first), rowsFrom(y, first), true));
    try {
      const values = (await part.data()) as Float32Array;
      if (n <= ROWS) return values;
      if (sums === undefined) sums = new Float64Array(values);
      else addTo(sums, values);
    } finally {
      part.dispose();
    }
  }
  return sums ?? new Float64Array();
}

function addTo(sums: Float64Array, values: Float32Array): void {
  for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (values[at] ?? 0);
}

function squareOf(values: Float32Array | Float64Array): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += (values[at] ?? 0) ** 2;
  return total;
}

function rowsFrom(x: Tensor2D, first: number): Tensor2D {
  const [n] = x.shape;
  return n <= ROWS ? x : slice(x, [first, 0], [Math.min(ROWS, n - first), -1]);
}

/** Squared lengths of the rows. */
async function diagonal(x: Tensor2D, unit: number): Promise<Float64Array> {
  const lengths = tidy(() => sum(square(x), 1));
  try {
    return new Float64Array(await lengths.data()).map((length) => unit * length);
  } finally {
    lengths.dispose();
  }
}
