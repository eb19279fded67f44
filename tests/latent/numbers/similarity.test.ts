import {
  cka,
  type CkaOptions,
  cknna,
  informationImbalance,
  mutualKnn,
  procrustes,
  rsa,
  type RsaOptions,
  SIMILARITY_MEASURES,
  svcca,
} from "@hookdict/latent";
import { mul, randomNormal, tensor1d, tensor2d, type Tensor, zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("similarity of representations");

const EXACT = 1e-6; // 64 bits on values of 32

const kept: Tensor[] = [];
const give = (x: Tensor): Tensor => (kept.push(x), x);
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});

test("every measure takes tensors of any rank and finds a representation like itself", async () => {
  const x = give(randomNormal([16, 2, 2], 0, 1, "float32", 1));
  const itself = { informationImbalance: 2 / 16 } as Readonly<Record<string, number>>;
  for (const measure of SIMILARITY_MEASURES) {
    const { value } = await measure(x, x);
    assert.ok(Math.abs(value - (itself[measure.name] ?? 1)) < EXACT, `${measure.name}: ${value}`);
  }
});

test("linear CKA does not change with rotation and scale", async () => {
  const [x, y] = [
    give(
      tensor2d([
        [1, 2],
        [3, 5],
        [4, -1],
      ]),
    ),
    give(
      tensor2d([
        [-4, 2],
        [-10, 6],
        [2, 8],
      ]),
    ),
  ];
  assert.ok(Math.abs((await cka(x, y)).value - 1) < EXACT); // y = 2 (-x2, x1)
});

test("rows that do not belong together are an error", async () => {
  const [x, y] = [give(zeros([3, 2])), give(zeros([4, 2]))];
  assert.equal(await asyncFailure(cka(x, y)), [
    "ROWS_DIFFER",
    "cka got 3 rows, but 4 in y. Row i of both must belong to the same example.",
  ]);
});

test("what is no tensor of numbers is an error", async () => {
  const x = give(zeros([3, 2]));
  assert.equal(await asyncFailure(cka("x" as unknown as Tensor, x)), [
    "ROWS_INVALID",
    "cka got string as x. Give a tensor with one row for each example: [n, features] or [n, ...].",
  ]);
});

test("a value that is not finite is named with its row", async () => {
  const x = give(
    tensor2d([
      [1, 2],
      [3, NaN],
      [5, 6],
    ]),
  );
  assert.equal(await asyncFailure(procrustes(x, x)), [
    "ROWS_NOT_FINITE",
    "procrustes found NaN in row 1 of x. Leave out the rows that are not finite, or find out where they come from.",
  ]);
});

test("rows that are all the same are an error", async () => {
  const [x, same] = [give(tensor1d([1, 2, 3])), give(zeros([3]))];
  assert.equal(await asyncFailure(cka(x, same)), [
    "ROWS_CONSTANT",
    "cka got rows in y that are all the same. Without any variation there is nothing to compare or to measure.",
  ]);
  for (const measure of [svcca, procrustes])
    assert.is((await asyncFailure(measure(same, x)))[0], "ROWS_CONSTANT");
});

test("fewer points than neighbours are an error", async () => {
  const x = give(
    tensor2d([
      [1, 2],
      [3, 4],
      [5, 5],
    ]),
  );
  assert.equal(await asyncFailure(mutualKnn(x, x, { k: 3 })), [
    "POINTS_TOO_FEW",
    "mutualKnn got 3 rows, but needs at least 4. Give more examples, or ask for fewer neighbours.",
  ]);
  assert.is((await asyncFailure(cknna(x, x, { k: 1 })))[0], "POINTS_TOO_FEW");
  assert.is((await asyncFailure(informationImbalance(x, x, { k: 3 })))[0], "POINTS_TOO_FEW");
});

test("options that do not exist, and values that they cannot have, are errors", async () => {
  const x = give(
    tensor2d([
      [1, 2],
      [3, 4],
      [5, 5],
    ]),
  );
  assert.equal(await asyncFailure(cka(x, x, { kernal: "rbf" } as CkaOptions)), [
    "OPTION_UNKNOWN",
    'cka has no option "kernal". Its options are kernel, estimator, batchSize, sigmaFraction.',
  ]);
  assert.equal(await asyncFailure(rsa(x, x, { distance: "far" } as unknown as RsaOptions)), [
    "OPTION_INVALID",
    'The option distance of rsa is "far". Give "euclidean", "cosine" or "correlation".',
  ]);
  assert.is((await asyncFailure(svcca(x, x, { threshold: 0 })))[0], "OPTION_INVALID");
});

test("without scale, Procrustes tells the distance in the values' own unit", async () => {
  const x = give(
    tensor2d([
      [1, 0],
      [-1, 0],
    ]),
  );
  const { distance } = await procrustes(x, give(mul(x, 3)), { scale: false });
  assert.ok(Math.abs(distance - Math.hypot(2, 2)) < EXACT);
});

test("an example whose values are all the same has no correlation: the whole is NaN, and comes back", async () => {
  const x = tensor2d([1, 2, 3, 3, 5, 1], [3, 2]);
  const { value, dissimilarities } = await rsa(x, x);
  assert.ok(Number.isNaN(value));
  assert.ok(Number.isNaN(dissimilarities[0][0]));
  x.dispose();
});

test.run();
