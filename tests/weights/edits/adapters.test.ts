import { hookFunction, Module, site } from "@hookdict/core";
import { seededValues, TinyModule, tinyTokens } from "@hookdict/core/testing";
import { Adapter, Ia3, LowRankAdaptation, RankOneEdit } from "@hookdict/weights";
import { div, grad, matMul, mul, sum, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";
import { Made, Net } from "../models.ts";

const test = suite("adapters and direct edits");

const made = new Made();
test.after.each(() => made.clear());

/** Of fc1: rank 1. */
const factors = (): { a: Tensor; b: Tensor } => ({
  a: made.of([1, 0, 2], [3, 1]),
  b: made.of([1, 2, 0, -1], [1, 4]),
});

test("a merged adapter and a live one give the same, scaled alike", () => {
  using model = new Net();
  const x = made.of([1, 2, -1, 0, 1, 1], [2, 3]);
  const all = { "fc1.kernel": { ...factors(), alpha: 4 }, "fc2.kernel": { a: made.of([1, 1, 0, 0, 2, 0, 0, 1], [4, 2]), b: made.of([1, 0, 0, 3], [2, 2]), alpha: 2, isRankStabilized: true } }; // prettier-ignore
  for (const strength of [1, 0.5, 0]) {
    using merged = new LowRankAdaptation({ factors: all, strength }).prepare(model);
    const wanted = take(merged.call(x));
    assert.equal((model.fc1.kernel.arraySync() as number[][])[2]?.[1], 10 + strength * 4 * 2 * 2);
    merged.dispose();
    using live = new LowRankAdaptation({ factors: all, strength, mode: "live" }).prepare(model);
    take(live.call(x)).forEach((value, i) => assert.ok(Math.abs(value - (wanted[i] ?? NaN)) < 1e-3));
    assert.equal((model.fc1.kernel.arraySync() as number[][])[2]?.[1], 10);
  }
});

test("gradients reach the factors of a live adapter", () => {
  using model = new Net();
  const x = made.of([0, 0, 1], [1, 3]);
  const { a, b } = factors();
  using live = new LowRankAdaptation({ factors: { "fc1.kernel": { a, b } }, mode: "live" }).prepare(model);
  const gradient = grad(() => sum(live.call(x)))(b);
  assert.equal(take(gradient), [6, 2, 0, 30]); // 2 from a, times what fc2 adds up, where the ReLU lets it
});

test("with a magnitude, columns have that length", () => {
  using model = new Net();
  const magnitude = made.of([1, 2, 3, 4]);
  using adapted = new LowRankAdaptation({ factors: { "fc1.kernel": { ...factors(), magnitude } } }).prepare(
    model,
  );
  const kernel = adapted.model.fc1.kernel.arraySync() as number[][];
  [0, 1, 2, 3].forEach((column) => {
    const length = Math.hypot(...kernel.map((row) => row[column] ?? NaN));
    assert.ok(Math.abs(length - (column + 1)) < 1e-5);
  });
});

test("a rank-one edit gives the value for the key, and leaves what the covariance says is not used", () => {
  using model = new Net();
  const [key, value] = [made.of([1, 1, 0]), made.of([9, 8, 7, 6])];
  const rows = (): number[][] => model.fc1.kernel.arraySync() as number[][];
  const product = (): number[] => (rows()[0] ?? []).map((each, i) => each + (rows()[1]?.[i] ?? NaN));
  const covariance = made.of([1, 0, 0, 0, 3, 0, 0, 0, 1], [3, 3]);
  for (const options of [
    { key, value },
    { key, value, covariance },
  ]) {
    const before = rows();
    using edited = new RankOneEdit("fc1.kernel", options).prepare(model);
    product().forEach((each, i) => assert.ok(Math.abs(each - [9, 8, 7, 6][i]!) < 1e-4)); // four of them
    assert.equal(rows()[2], before[2]);
    const moved = [0, 1].map((row) => (rows()[row]?.[0] ?? NaN) - (before[row]?.[0] ?? NaN));
    const share = "covariance" in options ? 3 : 1;
    assert.ok(Math.abs((moved[0] ?? NaN) - share * (moved[1] ?? NaN)) < 1e-4);
    edited.dispose();
    assert.equal(rows(), before);
  }
});

test("scales multiply what a site gives, or what it is given", () => {
  using model = new Net();
  const x = made.of([1, 2, -1], [1, 3]);
  const scales = made.of([1, 0, 2]);
  using adapted = new Ia3("fc1", { scales, on: "input" }).prepare(model);
  const wanted = take(adapted.call(x));
  adapted.dispose();
  const scaled = made.of([1, 0, -2], [1, 3]);
  assert.equal(take(model.hookTarget().call([scaled])), wanted);
});

test("an adapter takes the source's value of this run, also where it runs often", () => {
  const model = hookFunction(
    (x: Tensor) => {
      let y = x;
      for (let i = 0; i < 2; i++) y = site("out", mul(site("in", y), 3));
      return y;
    },
    { sites: { in: null, out: null } },
  );
  const x = made.of([1]);
  using adapted = new Adapter({
    source: "in",
    target: "out",
    adapter: { call: (h: Tensor) => mul(h, 10) },
  }).prepare(model);
  assert.equal(take(adapted.call(x)), [100]);
  assert.equal(take(adapted.call(x)), [100]);
});

/** Throws what a hook threw in place of the error that tells of it. */
function causeOf(body: () => unknown): () => never {
  return () => {
    throw thrown(body).cause;
  };
}

test("second moments of fewer inputs than they are wide are refused, whatever rounding makes of them", () => {
  const [width, out] = [12, 2];
  for (let seed = 1; seed <= 20; seed++) {
    const inputs = made.of([...seededValues((width - 1) * width, seed)], [width - 1, width]);
    const covariance = tidy(() => div<Tensor>(matMul(inputs as never, inputs as never, true), width - 1));
    const model = new (class extends Module {
      readonly kernel = zeros([width, out]);
      override forward(x: Tensor): Tensor {
        return matMul(x as never, this.kernel as never);
      }
    })();
    const [key, value] = [made.of([...seededValues(width, seed + 100)]), made.of([1, 2])];
    const [code] = failure(() => new RankOneEdit("kernel", { key, value, covariance }).prepare(model));
    assert.is(code, "COVARIANCE_SINGULAR", `seed ${seed}`);
    covariance.dispose();
    model.kernel.dispose();
  }
});

test("what does not fit is one clear error", () => {
  using model = new Net();
  const x = made.of([1, 2, -1], [1, 3]);
  const { a, b } = factors();
  const [key, value] = [made.of([1, 1, 0]), made.of([9, 8, 7, 6])];
  const silent = made.of([0, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]);
  const lora = (name: string, each: object, mode = "merged"): unknown =>
    new LowRankAdaptation({ factors: { [name]: each as never }, mode: mode as never }).prepare(model);
  const called = (factory: Ia3 | Adapter): unknown => {
    using hooked = factory.prepare(model);
    return hooked.call(x);
  };
  using other = new TinyModule();
  const tokens = tinyTokens();
  const square = { a: made.of([1, 0, 0, 0], [4, 1]), b: made.of([1, 0, 0, 0], [1, 4]) };
  using tiny = new LowRankAdaptation({ factors: { "mix.kernel": square }, mode: "live" }).prepare(other);
  const kernels = "For a kernel [in, out], give a";
  const live = 'Merge it: { mode: "merged" }.';
  const cases: readonly (readonly [() => unknown, string, string])[] = [
    [() => lora("fc1.kernel", { a: b, b: a }), "FACTORS_UNFIT", `The adapter of fc1.kernel, which is float32 [3, 4], is { a: float32 [1, 4], b: float32 [3, 1], alpha: 1 }. ${kernels} [in, r], b [r, out], perhaps a magnitude [out], and a finite alpha.`],
    [() => lora("fc1.kernel", {}), "FACTORS_UNFIT", `The adapter of fc1.kernel, which is float32 [3, 4], is { alpha: 1 }. ${kernels} [in, r], b [r, out], perhaps a magnitude [out], and a finite alpha.`],
    [() => lora("fc1.bias", { a, b }), "FACTORS_UNFIT", `The adapter of fc1.bias, which is float32 [4], is { a: float32 [3, 1], b: float32 [1, 4], alpha: 1 }. ${kernels} [in, r], b [r, out], perhaps a magnitude [out], and a finite alpha.`],
    [() => lora("fc3.kernel", { a, b }), "WEIGHT_UNMATCHED", 'No weight of Net matches "fc3.kernel", among 3 weights. Correct the pattern. The nearest names are fc1.kernel, fc2.kernel, fc1.bias.'],
    [() => lora("fc1.kernel", { a, b, magnitude: value }, "live"), "ADAPTER_LIVE", `The adapter of fc1.kernel cannot be live: DoRA changes the kernel's own part, too. ${live}`],
    [() => new RankOneEdit("fc1.kernel", { key: value, value: key }).prepare(model), "RANK_ONE_UNFIT", `The edit of fc1.kernel, which is float32 [3, 4], is { key: float32 [4], value: float32 [3] }. ${kernels} key [in], a value [out], and perhaps a covariance [in, in].`],
    [() => new RankOneEdit("fc1.kernel", { key, value, covariance: silent }).prepare(model), "COVARIANCE_SINGULAR", "The covariance cannot be solved for the key: input 0 has no square. Take second moments of more inputs than they are wide, or add a multiple of the identity."],
    [() => new RankOneEdit("fc1.kernel", { key, value, covariance: made.of([1, 2, 0, 2, 4, 0, 0, 0, 1], [3, 3]) }).prepare(model), "COVARIANCE_SINGULAR", "The covariance cannot be solved for the key: its least eigenvalue is 0, no more than float32 rounds by. Take second moments of more inputs than they are wide, or add a multiple of the identity."],
    [() => new RankOneEdit("fc1.kernel", { key, value: made.of([1, 2, NaN, 4]) }).prepare(model), "ARGUMENT_INVALID", "RankOneEdit was given NaN as value. Give finite numbers only."],
    [() => new RankOneEdit("fc1.kernel", { key: made.of([0, 0, 0]), value }).prepare(model), "COVARIANCE_SINGULAR", "The covariance cannot be solved for the key: the key is not to change. Take second moments of more inputs than they are wide, or add a multiple of the identity."],
    [causeOf(() => called(new Ia3("fc1", { scales: key }))), "SCALES_UNFIT", "fc1 passes float32 [1, 4], and the scales are float32 [3]. Give one scale for each channel, the last axis."],
    [() => new Adapter({ source: "fc*", adapter: (h) => h }).prepare(model), "ADAPTER_SITES", "The source of an Adapter is 2 sites: fc1, fc2. Name one; several adapters compose."],
    [causeOf(() => called(new Adapter({ source: "fc2", target: "fc1", adapter: (h) => h }))), "ADAPTER_SOURCE", "fc1 has run before fc2 gave a tensor, so there is nothing to adapt. Name a source that runs before the target, and gives one tensor."],
    [() => tiny.call(tokens), "ADAPTER_LIVE", `The adapter of mix.kernel cannot be live: "mix" computes something else than the product with it. ${live}`],
  ]; // prettier-ignore
  assert.equal(
    cases.map(([body]) => failure(body)),
    cases.map(([, code, message]) => [code, message]),
  );
  tokens.dispose();
});

test.run();
