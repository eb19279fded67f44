import { seededValues } from "@hookdict/core/testing";
import { FactoredMatrix } from "@hookdict/weights";
import {
  broadcastTo,
  diag,
  expandDims,
  eye,
  linalg,
  matMul,
  mul,
  norm,
  reshape,
  scalar,
  slice,
  stack,
  type Tensor,
  tensor,
  type Tensor2D,
  tidy,
  transpose,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";

const test = suite("FactoredMatrix");

const made: Tensor[] = [];
test.after.each(() => {
  for (const each of made.splice(0)) each.dispose();
});

/** Values between -1 and 1, freed after the test. */
function random(shape: number[], seed: number): Tensor {
  const size = shape.reduce((product, each) => product * each, 1);
  made.push(tensor(seededValues(size, seed), shape));
  return made.at(-1) as Tensor;
}

function transposed(of: Tensor): Tensor {
  made.push(transpose(of));
  return made.at(-1) as Tensor;
}

/** **Ownership:** *takes* both. */
function close(got: Tensor, want: Tensor, atol = 1e-5): void {
  assert.equal(got.shape, want.shape);
  const [a, b] = [take(got), take(want)];
  for (const [i, value] of a.entries())
    assert.ok(Math.abs(value - (b[i] ?? Number.NaN)) <= atol, `[${i}] is ${value}, not ${b[i]}`);
}

test("products, transposes and multiples are those of the matrix, also along axes before it", () => {
  const [a, b, c] = [random([2, 3, 5, 2], 1), random([3, 2, 4], 2), random([2, 3, 4, 1], 3)];
  using m = new FactoredMatrix(a, b);
  const product = m.product();
  using n = m.matMul(c);
  using t = m.transpose();
  using twice = m.scale(2);
  using one = m.at(1, 2);
  assert.equal([m.rows, m.inner, m.columns, m.leading], [5, 2, 4, [2, 3]]);
  close(n.product(), matMul(product, c));
  close(t.product(), transpose(product, [0, 1, 3, 2]));
  close(twice.product(), mul(product, 2));
  close(one.product(), tidy(() => reshape(slice(product, [1, 2, 0, 0], [1, 1, 5, 4]), [5, 4]))); // prettier-ignore
  close(m.norm(), norm(product, "euclidean", [-2, -1]));
  assert.is(String(m), "FactoredMatrix [2, 3, 5, 4] through 2");
  product.dispose();
});

test("a product of two goes through the smaller of what is between their factors", () => {
  const [a, b, c, d] = [random([6, 3], 1), random([3, 5], 2), random([5, 2], 3), random([2, 4], 4)];
  using m = new FactoredMatrix(a, b);
  using n = new FactoredMatrix(c, d);
  using both = m.matMul(n);
  assert.is(both.inner, 2);
  close(both.product(), tidy(() => matMul(matMul(a, b), matMul(c, d)))); // prettier-ignore
  const vector = random([5], 5);
  close(m.times(vector), tidy(() => reshape(matMul(matMul(a, b), reshape(vector, [5, 1])), [6]))); // prettier-ignore
});

test("singular vectors are orthonormal and give the matrix back, whichever side is longer", async () => {
  for (const [rows, inner, columns] of [
    [6, 3, 5],
    [2, 4, 3],
    [3, 3, 2],
    [1, 1, 1],
  ] as const) {
    // prettier-ignore
    const [a, b] = [random([rows, inner], rows), random([inner, columns], inner)];
    using m = new FactoredMatrix(a, b);
    const { u, s, v } = await m.svd();
    const rank = Math.min(rows, inner, columns);
    assert.equal([u.shape, s.shape, v.shape], [[rows, rank], [rank], [columns, rank]]);
    close(matMul(u, u, true), eye(rank));
    close(matMul(v, v, true), eye(rank));
    close(tidy(() => matMul(matMul(u, diag(s)), v, false, true)), m.product()); // prettier-ignore
    using even = await m.even();
    close(even.product(), m.product());
    const [l, r] = [await m.collapseLeft(), await m.collapseRight()];
    close(tidy(() => matMul(u, l)), m.product()); // prettier-ignore
    close(tidy(() => matMul(r, v, false, true)), m.product()); // prettier-ignore
    for (const each of [u, s, v, l, r]) each.dispose();
  }
});

test("factors of low rank, of zeros, and such that cancel each other are decomposed all the same", async () => {
  const [column, row, zero] = [random([6, 1], 1), random([1, 4], 2), tidy(() => zeros([4, 6]))];
  made.push(zero, tidy(() => matMul(column, row)), tidy(() => stack([random([2, 4], 3), zeros([2, 4])]))); // prettier-ignore
  const [low, some] = made.slice(-2) as [Tensor, Tensor];
  for (const [left, right] of [
    [low, zero],
    [low, random([4, 6], 4)],
    [random([3, 4], 5), transposed(low)],
    [some, random([4, 3], 6)],
  ] as const) {
    using m = new FactoredMatrix(left, right);
    const { u, s, v } = await m.svd();
    const rank = u.shape.at(-1) ?? 0;
    for (const each of [u, v])
      close(matMul(each, each, true), tidy(() => broadcastTo(eye(rank), [...m.leading, rank, rank]))); // prettier-ignore
    close(tidy(() => matMul(mul(u, expandDims(s, -2)), v, false, true)), m.product()); // prettier-ignore
    close(m.norm(), tidy(() => norm(m.product(), "euclidean", [-2, -1])), 1e-3); // prettier-ignore
    for (const each of [u, s, v]) each.dispose();
  }
});

test("a norm is a number where rounding leaves nothing of the product", () => {
  for (let seed = 1; seed < 40; seed++) {
    const basis = tidy(() => linalg.qr(random([6, 6], seed) as Tensor2D)[0]);
    const [first, second] = [0, 3].map((at) => tidy(() => slice(basis, [0, at], [6, 3]))) as [Tensor, Tensor];
    made.push(basis, first, second);
    made.push(tidy(() => matMul(random([9, 3], seed + 100), first, false, true)), tidy(() => matMul(second, random([3, 9], seed + 200)))); // prettier-ignore
    using m = new FactoredMatrix(...(made.slice(-2) as [Tensor, Tensor]));
    close(m.norm(), scalar(0), 5e-3);
  }
});

test("what has no axes before it is multiplied by what has some", () => {
  const [a, b, c, d] = [random([5, 2], 1), random([2, 4], 2), random([3, 4, 2], 3), random([3, 6, 5], 4)];
  using m = new FactoredMatrix(a, b);
  using right = m.matMul(c);
  using left = m.leftMatMul(d);
  using other = new FactoredMatrix(c, random([2, 3], 5));
  using both = m.matMul(other);
  const product = m.product();
  close(right.product(), matMul(product, c));
  close(left.product(), matMul(d, product));
  close(both.product(), tidy(() => matMul(product, other.product()))); // prettier-ignore
  product.dispose();
});

test("eigenvalues are those of the rotation and the stretching that a matrix is made of", async () => {
  // diag(3, a turn by a right angle times 2) through a wider basis: 3, 2i and -2i
  const turn = tensor([3, 0, 0, 0, 0, -2, 0, 2, 0], [3, 3]);
  const basis = tensor([1, 0, 0, 1, 1, 0, 0, 1, 1], [3, 3]);
  const inverse = tensor([1, 0, 0, -1, 1, 0, 1, -1, 1], [3, 3]);
  made.push(turn, basis, inverse, matMul(basis, turn));
  using m = new FactoredMatrix(made.at(-1) as Tensor, inverse);
  close(await m.eigenvalues(), tensor([3, 0, 0, 2, 0, -2], [3, 2]));
  close(m.swapped(), tensor([3, 0, 0, 0, 0, -2, 0, 2, 0], [3, 3]));
});

test("what does not fit, is no matrix, or not finite, is an error", async () => {
  const [a, b] = [random([3, 2], 1), random([2, 4], 2)];
  const row = random([4], 3);
  using m = new FactoredMatrix(a, b);
  const bad = tensor([NaN, 1], [2, 1]);
  made.push(bad);
  using worse = new FactoredMatrix(a, bad);
  assert.equal(
    [
      failure(() => new FactoredMatrix(a, a)),
      failure(() => new FactoredMatrix(row, b)),
      failure(() => m.matMul(b)),
      failure(() => m.matMul(m)),
      failure(() => m.swapped()),
      failure(() => m.at(0)),
      failure(() => m.times(a)),
      await asyncFailure(m.eigenvalues()),
      await asyncFailure(worse.svd()),
    ],
    [
      ["MATRICES_UNFIT", `A product was asked of [3, 2] and [3, 2], which do not fit. ${RULE}`],
      ["MATRIX_INVALID", "The left factor cannot be float32 [4]. Give a float32 tensor that is alive, [..., rows, columns], not empty."],
      ["MATRICES_UNFIT", `A product was asked of [3, 4] and [2, 4], which do not fit. ${RULE}`],
      ["MATRICES_UNFIT", `A product was asked of [3, 4] and [3, 4], which do not fit. ${RULE}`],
      ["MATRICES_UNFIT", `A product was asked of [2, 4] and [3, 2], which do not fit. ${RULE}`],
      ["MATRIX_INVALID", "The index cannot be [0]. Give at most 0 whole numbers, each within []."],
      ["MATRIX_INVALID", "The vector cannot be float32 [3, 2]. Give a tensor [4]."],
      ["MATRICES_UNFIT", `A product was asked of [2, 4] and [3, 2], which do not fit. ${RULE}`],
      ["MATRIX_NOT_FINITE", "The right factor has the value NaN. Decompose matrices of finite numbers only."],
    ], // prettier-ignore
  );
});

const RULE =
  "The last axis of the left must be as long as the last but one of the right, and the axes before these equal or 1.";

test.run();
