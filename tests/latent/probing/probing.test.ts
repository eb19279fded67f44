import { HookPoint, Module } from "@hookdict/core";
import { compose } from "@hookdict/contexts";
import {
  Bilinear,
  LogisticRegression,
  MeanDifference,
  type Probe,
  Probing,
  SteeringVectors,
  StreamingMeanDifference,
} from "@hookdict/latent";
import { mul, sum, tensor1d, tensor2d, tensor3d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";

const test = suite("probes at sites");

const kept: Tensor[] = [];
const give = <T extends Tensor>(x: T): T => (kept.push(x), x);
test.after.each(() => {
  for (const x of kept.splice(0)) x.dispose();
});

class Line extends Module {
  readonly a: HookPoint = new HookPoint();
  readonly b: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return tidy(() => this.b.call(mul(this.a.call(x), 2)));
  }
}

const X = (): Tensor => give(tensor2d([1, 0, 2, 0, -1, 0, -2, 0], [4, 2]));
const Y = (): Tensor => give(tensor1d([1, 1, 0, 0], "int32"));
const coefOf = (probe: Probe | undefined): unknown => (probe as MeanDifference).coefficients.coef;

test("a probe at every site is fitted, scored and asked by what a run captured", async () => {
  using hooked = new Probing("*", { estimator: () => new MeanDifference() }).prepare(new Line());
  const [x, y] = [X(), Y()];
  give(hooked.call(x));
  await hooked.context.fit(y);
  assert.equal([...hooked.context.probes.keys()], ["fwd a", "fwd b"]);
  assert.equal(coefOf(hooked.context.probes.get("fwd b")), [[6, 0]]);
  assert.equal(await hooked.context.score(y), { "fwd a": 1, "fwd b": 1 });
  using found = hooked.context.predict();
  assert.equal([...found.get<Tensor>(["fwd", "a"]).dataSync()], [1, 1, 0, 0]);
});

test("gradients are probed after a backward pass", async () => {
  using hooked = new Probing("a", { estimator: () => new MeanDifference(), directions: ["bwd"] }).prepare(
    new Line(),
  );
  const [x, y] = [X(), Y()];
  hooked.backward(() => tidy(() => sum(mul(hooked.call(x), hooked.call(x)))));
  await hooked.context.fit(y);
  assert.equal([...hooked.context.probes.keys()], ["bwd a"]);
});

test("a probe of two sites is given both", async () => {
  const pairs = [["a", "b"]] as const;
  using hooked = new Probing("*", { estimator: () => new Bilinear({ alpha: 0.1 }), pairs }).prepare(
    new Line(),
  );
  const [x, y] = [X(), Y()];
  give(hooked.call(x));
  await hooked.context.fit(y);
  assert.equal(Object.keys(await hooked.context.score(y)), ["fwd a b"]);
  using found = hooked.context.predict();
  assert.equal(found.get<Tensor>(["fwd", "a", "b"]).shape, [4]);
});

test("positions are rows where two axes are, and batches stream into estimators that take them", async () => {
  const estimator = (): Probe => new StreamingMeanDifference();
  using hooked = new Probing("a", { estimator, rowAxes: 2 }).prepare(new Line());
  const x = give(tensor3d([1, 0, 2, 0, -1, 0, -2, 0], [2, 2, 2]));
  const y = give(tensor2d([1, 1, 0, 0], [2, 2], "int32"));
  for (let batch = 0; batch < 2; batch++) {
    give(hooked.call(x));
    await hooked.context.fit(y);
  }
  const probe = hooked.context.probes.get("fwd a") as StreamingMeanDifference;
  assert.is(probe.rows, 8);
  assert.equal(coefOf(probe), [[3, 0]]);
});

test("probes are kept where several contexts share them, and see what others before them did", async () => {
  const probes = new Map<string, Probe>();
  const probing = new Probing("a", { estimator: () => new LogisticRegression(), probes });
  const [x, y, vector] = [X(), Y(), give(tensor1d([1, 0]))];
  const model = new Line();
  {
    using hooked = probing.prepare(model);
    give(hooked.call(x));
    await hooked.context.fit(y);
    assert.equal(await hooked.context.score(y), { "fwd a": 1 });
  }
  using steered = compose(new SteeringVectors("a", { vector, factor: 9 }), probing).prepare(model);
  give(steered.call(x));
  assert.equal(await steered.context.parts[1].score(y), { "fwd a": 0.5 }); // all are told to be ones
});

test("what cannot be done is refused", async () => {
  using hooked = new Probing("a", { estimator: () => new StreamingMeanDifference() }).prepare(new Line());
  const y = Y();
  assert.equal(await asyncFailure(hooked.context.fit(y)), [
    "PROBE_VALUES_MISSING",
    "Probing has no values of a, fwd. Run the model first, backward for gradients, with a pattern that matches the site.",
  ]);
  assert.equal(await asyncFailure(hooked.context.score(y)), [
    "PROBE_CANNOT",
    "The probe of fwd a cannot score: it has not been fitted. Await hooked.context.fit(labels) first, with an estimator that has fit, predict and score.",
  ]);
  give(hooked.call(X()));
  assert.is((await asyncFailure(hooked.context.fit(give(tensor1d([1])))))[0], "ROWS_DIFFER");
  await hooked.context.fit(y);
  assert.equal(
    failure(() => hooked.context.predict()),
    [
      "PROBE_CANNOT",
      "The probe of fwd a cannot predict: StreamingMeanDifference has no such method. Await hooked.context.fit(labels) first, with an estimator that has fit, predict and score.",
    ],
  );
  assert.is(failure(() => new Probing("a", {} as never))[0], "OPTION_INVALID");
});

test.run();
