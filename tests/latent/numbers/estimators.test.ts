import {
  Bilinear,
  ESTIMATORS,
  eraseConcept,
  GradientLinear,
  LinearRegression,
  LogisticRegression,
  LowRankBilinear,
  SparseProbe,
  tcav,
  tcavTest,
  TWO_SITE_ESTIMATORS,
} from "@hookdict/latent";
import { type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("estimators");

const kept: Tensor[] = [];
const give = (x: Tensor): Tensor => (kept.push(x), x);
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});
const X = (): Tensor =>
  give(
    tensor2d([
      [0, 1],
      [1, 3],
      [3, 0],
      [4, 2],
    ]),
  );
const Y = (): Tensor => give(tensor1d([0, 0, 1, 1], "int32"));

test("every estimator fits, predicts a value for each row and scores", async () => {
  for (const Made of ESTIMATORS) {
    const estimator = await new Made().fit(X(), Y());
    assert.equal(give(estimator.predict(X())).shape, [4], estimator.name);
    assert.ok((await estimator.score(X(), Y())) <= 1, estimator.name);
  }
});

test("every estimator of two sites waits for both", async () => {
  for (const Made of TWO_SITE_ESTIMATORS) {
    const estimator = await new Made().fit([X(), Y()], Y());
    assert.equal(give(estimator.predict([X(), Y()])).shape, [4], estimator.name);
  }
});

test("the L1 penalty leaves features out that say nothing, at the optimum of its objective", async () => {
  const probe = await new LogisticRegression({ penalty: "l1", C: 0.5 }).fit(X(), Y());
  const { coef } = probe.coefficients;
  assert.is(coef[0]?.[1], 0);
  assert.ok((coef[0]?.[0] ?? 0) > 0);
});

test("the lasso of one feature is least squares less half the penalty", async () => {
  const x = give(tensor1d([-1, 1]));
  const probe = await new LinearRegression({ alpha: 1, penalty: "l1" }).fit(x, give(tensor1d([-3, 3])));
  assert.ok(Math.abs((probe.coefficients.coef[0]?.[0] ?? 0) - (3 - 1 / 4)) < 1e-6); // 2 (w - 3) 2 + 1 = 0
});

test("labels keep their names", async () => {
  const y = give(tensor1d([7, 7, -2, -2], "int32"));
  const probe = await new LogisticRegression({ C: 10 }).fit(X(), y);
  assert.equal([...give(probe.predict(X())).dataSync()], [7, 7, -2, -2]);
});

test("one class only is an error", async () => {
  const y = give(tensor1d([2, 2, 2, 2]));
  assert.equal(await asyncFailure(new LogisticRegression().fit(X(), y)), [
    "LABELS_INVALID",
    "LogisticRegression got labels with one class only, 2. Give examples of at least two classes.",
  ]);
  assert.is((await asyncFailure(new SparseProbe().fit(X(), y)))[0], "LABELS_INVALID");
});

test("labels that do not match the rows are an error", async () => {
  assert.equal(await asyncFailure(new LinearRegression().fit(X(), give(tensor1d([1, 2])))), [
    "ROWS_DIFFER",
    "LinearRegression got 4 rows, but 2 in y. Row i of both must belong to the same example.",
  ]);
});

test("a system without a single solution is an error, and ridge solves it", async () => {
  const x = give(
    tensor2d([
      [1, 2],
      [2, 4],
      [3, 6],
    ]),
  );
  const y = give(tensor1d([1, 2, 4]));
  assert.equal(await asyncFailure(new LinearRegression().fit(x, y)), [
    "SYSTEM_SINGULAR",
    "LinearRegression has no single solution: its 2 features have rank 1. " +
      "Give more examples, leave out features that follow from others, or set alpha above 0.",
  ]);
  await new LinearRegression({ alpha: 0.1 }).fit(x, y);
});

test("an estimator that has not been fitted says so", () => {
  assert.equal(
    failure(() => new LinearRegression().predict(X())),
    ["NOT_FITTED", "LinearRegression has not been fitted. Await its fit(x, y) first."],
  );
});

test("values of another width are an error", async () => {
  const probe = await new LinearRegression().fit(X(), Y());
  assert.equal(
    failure(() => probe.predict(Y())),
    [
      "COLUMNS_DIFFER",
      "LinearRegression is for rows of 2 values, but these have 1. Use values from the same site as before.",
    ],
  );
  assert.is((await asyncFailure(tcav(X(), { vector: Float64Array.of(1) })))[0], "COLUMNS_DIFFER");
  const sparse = await new SparseProbe().fit(X(), Y());
  assert.equal(
    failure(() => sparse.predict(give(tensor2d([[1, 2, 3]])))),
    [
      "COLUMNS_DIFFER",
      "SparseProbe is for rows of 2 values, but these have 3. Use values from the same site as before.",
    ],
  );
});

test("what does not fit together is an error", async () => {
  const start = { coef: [[1, 2, 3]], intercept: [0] };
  assert.equal(await asyncFailure(new GradientLinear({ start }).fit(X(), Y())), [
    "SHAPE_DIFFERS",
    "GradientLinear got start of shape [1, 3] in place of [1, 2]. Give values that fit together.",
  ]);
  const bilinear = await new Bilinear().fit([X(), X()], Y());
  assert.is(failure(() => bilinear.predict([X(), Y()]))[0], "SHAPE_DIFFERS");
  const lowRank = await new LowRankBilinear({ epochs: 1 }).fit([X(), X()], Y());
  assert.is(failure(() => lowRank.predict([X(), Y()]))[0], "SHAPE_DIFFERS");
});

test("an optimum that is not reached is an error", async () => {
  const [code, message] = await asyncFailure(new LogisticRegression({ maxSteps: 1 }).fit(X(), Y()));
  assert.is(code, "NOT_CONVERGED");
  assert.match(
    message,
    /^LogisticRegression has not reached its optimum after 1 steps: the largest slope is [\d.e-]+\. Scale the features to similar sizes, lower C or raise alpha, or allow more steps with maxSteps\.$/,
  );
});

test("steps that leave float32 are an error, not coefficients that are no numbers", async () => {
  const huge = give(tensor2d([[1e30, 2e30], [3e30, -1e30]])); // prettier-ignore
  const labels = give(tensor1d([0, 1]));
  const wanted = [
    "NOT_CONVERGED",
    "GradientLinear has not reached its optimum after 100 steps: the largest slope is NaN. Scale the features to similar sizes, lower C or raise alpha, or allow more steps with maxSteps.",
  ];
  assert.equal(await asyncFailure(new GradientLinear().fit(huge, labels)), wanted);
  const [code] = await asyncFailure(new LowRankBilinear({ epochs: 3 }).fit([huge, huge], labels));
  assert.is(code, "NOT_CONVERGED");
});

test("after LEACE the classes have the same mean", async () => {
  const eraser = await eraseConcept(X(), Y());
  const [a = 0, , c = 0, , e = 0, , g = 0] = give(eraser.erase(X())).dataSync();
  assert.ok(Math.abs(a + c - e - g) < 1e-5); // 32 bits
});

test("a bilinear probe of rank two tells what one of rank one cannot", async () => {
  const h1 = give(tensor2d([1, 0, 0, 1, 1, 1, 1, -1, 2, 1, -1, 2], [6, 2]));
  const h2 = give(tensor2d([1, 0, 0, 1, 1, 1, -1, 1, 1, 2, 2, 2], [6, 2]));
  const dots = tensor1d([1, 1, 2, -2, 4, 2]); // h1 . h2, whose matrix has rank two
  give(dots);
  const options = { learningRate: 0.05, epochs: 600 };
  const probe = await new LowRankBilinear({ ...options, rank: 2 }).fit([h1, h2], dots);
  assert.ok((await probe.score([h1, h2], dots)) > 0.999);
  assert.equal([probe.coefficients.U[0]?.length, probe.coefficients.intercept.length], [2, 1]);
  const again = new LowRankBilinear({ found: probe.coefficients });
  assert.equal([...give(again.predict([h1, h2])).shape], [6, 1]);
  assert.is(failure(() => new LowRankBilinear({ rank: 0 }))[0], "OPTION_INVALID");
});

test("a concept is tested against random ones by Welch's test", async () => {
  const of = (x: number, y: number): { vector: Float64Array } => ({ vector: Float64Array.of(x, y) });
  const gradients = give(tensor2d([2, 5, 1, -5, 3, 4, 1, -1], [4, 2]));
  const concepts = [of(1, 0), of(1, 0.1), of(1, 2)]; // above 0: 4, 4 and 2 of 4
  const randoms = [of(0, 1), of(0, -1), of(-1, 0), of(-1, 1)]; // 2, 2, 0 and 2
  const { concept, random, t, pValue } = await tcavTest(gradients, concepts, randoms);
  assert.equal([concept, random], [10 / 12, 6 / 16]);
  assert.ok(Math.abs(t - 2.2) < 1e-9 && Math.abs(pValue - 0.09210995933832046) < 1e-9, `${t}, ${pValue}`); // scipy's ttest_ind, unequal variances
  const same = [of(1, 0), of(1, 0)];
  assert.equal(await tcavTest(gradients, same, same), { concept: 1, random: 1, t: 0, pValue: 1 });
  assert.is((await tcavTest(gradients, same, [of(-1, 0), of(-1, 0)])).pValue, 0);
  assert.is((await asyncFailure(tcavTest(gradients, [of(1, 0)], same)))[0], "POINTS_TOO_FEW");
});

test.run();
