import { cka, type CkaOptions, informationImbalance, localKnn, mutualKnn } from "@hookdict/latent";
import {
  add,
  cast,
  mul,
  randomNormal,
  reshape,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
  tile,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("measures between pairs of rows, against loops of 64 bits");

const kept: Tensor[] = [];
const give = (make: () => Tensor): Tensor => {
  const x = tidy(make);
  kept.push(x);
  return x;
};
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});

const rowsOf = (x: Tensor): number[][] => {
  const [n = 1] = x.shape;
  const values = [...x.dataSync()];
  return Array.from({ length: n }, (_, row) =>
    values.slice((row * values.length) / n, ((row + 1) * values.length) / n),
  );
};

/** All other rows, the nearest first; of two as near, the earlier. */
function order(rows: number[][], row: number, p: number): number[] {
  const far = rows.map((other) => {
    const apart = other.map((value, at) => Math.abs(value - (rows[row]?.[at] ?? 0)));
    return p === Infinity ? Math.max(...apart) : apart.reduce((sum, one) => sum + one ** p, 0);
  });
  const others = rows.map((_, at) => at).filter((at) => at !== row);
  return others.sort((a, b) => (far[a] ?? 0) - (far[b] ?? 0) || a - b);
}

function imbalance(x: Tensor, y: Tensor, k: number, p: number): number {
  const [a, b] = [rowsOf(x), rowsOf(y)];
  let total = 0;
  for (let row = 0; row < a.length; row++) {
    const second = order(b, row, p);
    for (const at of order(a, row, p).slice(0, k)) total += second.indexOf(at) + 1;
  }
  return (2 * total) / (a.length ** 2 * k);
}

const drawn = (n: number, width: number, seed: number): Tensor =>
  give(() => randomNormal([n, width], 0, 1, "float32", seed));

test("ranks are those of 64 bits, with ties and far from the origin", async () => {
  const coarse = give(() => cast(cast(mul(drawn(60, 2, 1), 2), "int32"), "float32")); // many points share a place
  const far = give(() => add(mul(drawn(60, 5, 2), 0.001), 1000)); // float32 products cannot tell these apart
  for (const [x, y] of [
    [coarse, drawn(60, 3, 3)],
    [far, drawn(60, 5, 4)],
    [give(() => mul(drawn(60, 3, 5), 1e25)), give(() => mul(drawn(60, 3, 6), 1e-25))], // squares leave float32
  ] as const)
    for (const [k, p] of [
      [1, 2],
      [3, 2],
      [2, 1],
      [2, 3.5],
      [1, Infinity],
    ] as const) {
      const { value, reverse } = await informationImbalance(x, y, { k, p });
      assert.ok(Math.abs(value - imbalance(x, y, k, p)) < 1e-9, `k = ${k}, p = ${p}`);
      assert.ok(Math.abs(reverse - imbalance(y, x, k, p)) < 1e-9, `k = ${k}, p = ${p}, back`);
    }
});

test("neighbours near each other and far from zero keep their distances", async () => {
  const x = give(() => tensor1d([0, 1, 2, 3, 4].map((at) => 4096 + at / 64)));
  const { perPoint } = await localKnn(x, { k: 1 });
  assert.ok(Math.abs((perPoint[0] ?? 0) - 1) < 1e-9); // ln 2 / ln (2 / 1)
});

test("rows of zeros have neighbours, too", async () => {
  const x = give(() => tensor2d([0, 0, 1, 0, 0, 1, 0, 0], [4, 2]));
  assert.is((await mutualKnn(x, x, { k: 2 })).value, 1);
});

/** CKA by kernels in 64 bits. */
function slowCka(x: Tensor, y: Tensor, kernel: (a: number[], b: number[]) => number): number {
  const centre = (t: Tensor): number[][] => {
    const rows = rowsOf(t);
    const k = rows.map((a) => rows.map((b) => kernel(a, b)));
    const mean = (values: number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
    const means = k.map(mean);
    return k.map((row, i) => row.map((one, j) => one - (means[i] ?? 0) - (means[j] ?? 0) + mean(means)));
  };
  const inner = (a: number[][], b: number[][]): number =>
    a.reduce((sum, row, i) => sum + row.reduce((part, one, j) => part + one * (b[i]?.[j] ?? 0), 0), 0);
  const [k, l] = [centre(x), centre(y)];
  return inner(k, l) / Math.sqrt(inner(k, k) * inner(l, l));
}

const dot = (a: number[], b: number[]): number => a.reduce((sum, one, at) => sum + one * (b[at] ?? 0), 0);

test("linear CKA is the same by features, by rows, and far from the origin", async () => {
  const [narrow, wide] = [drawn(12, 3, 1), drawn(12, 40, 2)];
  const other = give(() => add(mul(drawn(12, 4, 3), 0.01), 500));
  for (const [x, y] of [
    [narrow, give(() => add(narrow, drawn(12, 3, 9)))],
    [narrow, wide],
    [other, narrow],
    [give(() => mul(narrow, 1e-25)), give(() => mul(other, 1e25))],
    [give(() => cast(mul(narrow, 100), "int32")), other],
  ] as const) {
    const { value } = await cka(x, y);
    assert.ok(Math.abs(value - slowCka(x, y, dot)) < 1e-5, String(value)); // values are of 32 bits
  }
});

/** `|X^T Y|^2` of centred columns, in 64 bits. */
function covariance(x: Tensor, y: Tensor): number {
  const columns = (t: Tensor): Float64Array[] => {
    const rows = rowsOf(t);
    return Array.from({ length: rows[0]?.length ?? 0 }, (_, column) => {
      const values = Float64Array.from(rows, (row) => row[column] ?? 0);
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
      return values.map((value) => value - mean);
    });
  };
  const [a, b] = [columns(x), columns(y)];
  let total = 0;
  for (const one of a)
    for (const other of b) {
      let sum = 0;
      for (let at = 0; at < one.length; at++) sum += (one[at] ?? 0) * (other[at] ?? 0);
      total += sum ** 2;
    }
  return total;
}

test("linear CKA of columns in blocks is that of 64 bits", async () => {
  // Columns of unlike scale and mean, so that a block that is left out or counted twice shows: 1, 2 and 3 of them.
  const ramp = (width: number): Tensor =>
    tensor1d(Array.from({ length: width }, (_, at) => 0.1 + (at / width) ** 2));
  const made = (width: number, seed: number): Tensor =>
    give(() => add(mul(add(randomNormal([650, width], 0, 1, "float32", seed), 1), ramp(width)), 2));
  const [one, two, three] = [made(30, 1), made(390, 2), made(642, 3)];
  for (const [x, y] of [
    [one, two],
    [one, three],
  ] as const) {
    const wanted = covariance(x, y) / Math.sqrt(covariance(x, x) * covariance(y, y));
    const { value } = await cka(x, y);
    assert.ok(Math.abs(value / wanted - 1) < 2e-6, `${value} for ${wanted}`);
  }
});

test("kernels have the width of the median, also of clusters far apart", async () => {
  const apart = give(() => reshape(tile(tensor2d([[0], [1e4]]), [8, 1]), [16, 1]));
  const x = give(() => add(apart, drawn(16, 1, 1)));
  const { value, sigmas } = await cka(x, drawn(16, 2, 2), { kernel: "rbf" });
  const squares: number[] = [];
  const values = [...x.dataSync()];
  values.forEach((a, i) => values.slice(0, i).forEach((b) => squares.push((a - b) ** 2)));
  squares.sort((a, b) => a - b);
  const median = ((squares[59] ?? 0) + (squares[60] ?? 0)) / 2; // of 120 pairs
  assert.ok(Math.abs((sigmas?.[0] ?? 0) / Math.sqrt(median) - 1) < 1e-6);
  assert.ok(value > 0 && value < 1);
});

test("a kernel without a width, and rows that are the same beside a mean, are errors", async () => {
  const same = give(() => tensor1d([3, 3, 3, 3, 3, 4]));
  assert.equal(await asyncFailure(cka(same, same, { kernel: "rbf" })), [
    "ROWS_MOSTLY_EQUAL",
    "cka found no distance between most rows of x, so that its kernel has no width. Leave duplicates out, or use the linear kernel.",
  ]);
  const flat = give(() => tensor1d(Array<number>(6).fill(0.1)));
  assert.is((await asyncFailure(cka(flat, same)))[0], "ROWS_CONSTANT");
  const options = [{ sigmaFraction: 0 }, { batchSize: 3 }, { kernel: "far" }] as unknown as CkaOptions[];
  for (const wrong of options) assert.is((await asyncFailure(cka(same, same, wrong)))[0], "OPTION_INVALID");
});

test.run();
