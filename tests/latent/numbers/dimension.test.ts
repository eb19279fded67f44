import { DIMENSION_ESTIMATORS, gride, localKnn, localPca, pcaSpectrum, twoNn } from "@hookdict/latent";
import { type Tensor, tensor2d, zeros } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";

const test = suite("intrinsic dimension");

const kept: Tensor[] = [];
const give = (x: Tensor): Tensor => (kept.push(x), x);
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});

/** Points on a sheet in five dimensions, none on another. */
function sheet(n: number): Tensor {
  const value = (at: number): number => (Math.sin(at * 12.9898) * 43758.5453) % 1;
  return give(
    tensor2d(Array.from({ length: n }, (_, row) => [value(2 * row + 1), value(2 * row + 2), 0, 0, 0])),
  );
}

test("every estimator finds about two dimensions on a sheet", async () => {
  const x = sheet(240);
  for (const estimate of DIMENSION_ESTIMATORS) {
    const { value } = await estimate(x);
    assert.ok(value > 1.5 && value < 2.6, `${estimate.name}: ${value}`); // estimates scatter, two is between
  }
});

test("a duplicate is an error where its distance divides", async () => {
  const x = give(
    tensor2d([
      [0, 1],
      [2, 2],
      [0, 1],
      [5, 5],
    ]),
  );
  assert.equal(await asyncFailure(twoNn(x)), [
    "POINTS_DUPLICATE",
    "twoNn divides by the distance of rows 0 and 2, which are the same point. " +
      "Leave duplicates out: a set of distinct points has a dimension.",
  ]);
});

test("fewer points than neighbours are an error", async () => {
  assert.equal(await asyncFailure(localPca(sheet(5))), [
    "POINTS_TOO_FEW",
    "localPca got 5 rows, but needs at least 13. Give more examples, or ask for fewer neighbours.",
  ]);
  assert.is((await asyncFailure(gride(sheet(8), { ranks: [4] })))[0], "POINTS_TOO_FEW");
});

test("options that estimators cannot take are errors", async () => {
  assert.equal(await asyncFailure(localKnn(sheet(20), { k: 0 })), [
    "OPTION_INVALID",
    "The option k of localKnn is 0. Give a whole number from 1 to 16777216.",
  ]);
  assert.is((await asyncFailure(twoNn(sheet(20), { fraction: 2 })))[0], "OPTION_INVALID");
  assert.is((await asyncFailure(gride(sheet(20), { ranks: [] })))[0], "OPTION_INVALID");
});

test("points that are all the same have no spectrum", async () => {
  assert.is((await asyncFailure(pcaSpectrum(give(zeros([4, 2])))))[0], "ROWS_CONSTANT");
});

test.run();
