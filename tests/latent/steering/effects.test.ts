import { HookPoint, Module, countHooks } from "@hookdict/core";
import {
  DOSE_LEVELS,
  doseResponse,
  levelFor,
  meanAttention,
  optimizeIntervention,
  responseAt,
  steeringFactor,
} from "@hookdict/latent";
import {
  mul,
  relu,
  square,
  sub,
  sum,
  type Tensor,
  tensor1d,
  tensor2d,
  tensor4d,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";

const test = suite("doses and optimized interventions");

test("a curve is measured at candle-mi's levels unless others are asked for, and says nothing outside", async () => {
  const curve = await doseResponse((level) => 10 * level);
  assert.equal(curve.levels, [...DOSE_LEVELS]);
  assert.is(responseAt(curve, 2.5), 25);
  assert.is(responseAt(curve, 0.5), 5);
  assert.is(responseAt(curve, 0.4), undefined);
  assert.is(responseAt(curve, 6.1), undefined);
  assert.is(levelFor(curve, 50), 5);
  assert.is(levelFor(curve, 61), undefined);
  assert.equal(await asyncFailure(doseResponse(() => 0, [2, 1])), [
    "OPTION_INVALID",
    "The option levels of doseResponse is [2,1]. Give a list of finite numbers, each above the one before.",
  ]);
});

test("a factor makes a direction as long as values are", async () => {
  const [values, direction, none] = [
    tensor2d([
      [3, 4],
      [0, 5],
    ]),
    tensor1d([2, 0]),
    tensor1d([0, 0]),
  ];
  assert.is(await steeringFactor(values, direction, 2), 5);
  assert.is((await asyncFailure(steeringFactor(values, none)))[0], "OPTION_INVALID");
  const empty = tensor2d([], [3, 0]);
  assert.equal(await asyncFailure(steeringFactor(empty, direction)), [
    "ARGUMENT_INVALID",
    "steeringFactor was given a tensor of float32 [3, 0] as values. Give a float32 tensor that is not empty.",
  ]);
  empty.dispose();
  for (const one of [values, direction, none]) one.dispose();
});

test("attention along edges is their mean over the batch, and of two conditions gives candle-mi's calibration", async () => {
  const pattern = tensor4d([1, 0, 0.25, 0.75, 1, 0, 0.5, 0.5, 1, 0, 0.75, 0.25, 1, 0, 1, 0], [2, 2, 2, 2]);
  assert.is(await meanAttention(pattern, { from: 1, to: 0 }), 2.5 / 4);
  assert.is(await meanAttention(pattern, { heads: 0, edges: [[1, 0]] }), 0.5);
  assert.is(await meanAttention(pattern, { heads: -1, edges: [[0, 0], [1, "all"]] }), (2 + 2) / 6); // prettier-ignore
  const told = (chosen: object): Promise<readonly [string, string]> =>
    asyncFailure(meanAttention(pattern, chosen));
  assert.equal(await told({ heads: 2 }), [
    "ATTENTION_INDEX",
    'meanAttention names the head 2 at the pattern, where there are 2. Name whole numbers from -2 to 1, or "all".',
  ]);
  assert.is((await told({ layers: 1 }))[0], "OPTION_UNKNOWN");
  assert.is((await told({ edges: [[0, 0]], to: 1 }))[0], "OPTION_INVALID");
  const flat = tensor1d([1]);
  assert.equal(await asyncFailure(meanAttention(flat)), [
    "ARGUMENT_INVALID",
    "meanAttention was given a tensor of float32 [1] as pattern. Give a float32 pattern [batch, head, dest, src].",
  ]);
  for (const one of [pattern, flat]) one.dispose();
});

test("a curve that holds no number for each level is refused", () => {
  for (const [found, what] of [
    [{ levels: [1, 2], responses: [1] }, "found.responses"],
    [{ levels: [1], responses: ["x"] }, "found.responses"],
    [{ levels: [Number.NaN], responses: [1] }, "found.levels"],
  ] as const)
    for (const read of [responseAt, levelFor]) {
      const [code, message] = failure(() => read(found as never, 1));
      assert.is(code, "ARGUMENT_INVALID");
      assert.match(message, `as ${what}.`);
    }
});

class Line extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return mul(this.hook_x.call(x), 2);
  }
}

test("the value that makes an objective least is found, and nothing stays behind", async () => {
  const model = new Line();
  const [x, wanted, start] = [tensor1d([1, 1]), tensor1d([4, -2]), tensor1d([0, 0])];
  const objective = (): Tensor => sum(square(sub(model.call(x), wanted)));
  const found = await optimizeIntervention(model, objective, {
    at: "hook_x",
    start,
    target: 1e-4,
    stages: [
      { steps: 50, learningRate: 0.3 },
      { steps: 500, learningRate: 0.05 },
    ],
    patience: 60,
  });
  assert.is(found.status, "converged");
  assert.is(found.history.length, 2);
  const value = take(found.value);
  assert.ok(Math.abs((value[0] ?? 0) - 1) < 0.01 && Math.abs((value[1] ?? 0) + 2) < 0.01, String(value));
  assert.is(countHooks(model), 0);
  for (const one of [x, wanted, start]) one.dispose();
});

test("an optimization says why it has ended", async () => {
  const model = new Line();
  const [x, start] = [tensor1d([1]), tensor1d([0])];
  const run = async (objective: () => Tensor, more: object = {}): Promise<string> => {
    const found = await optimizeIntervention(model, objective, { at: "hook_x", start, ...more });
    found.value.dispose();
    return found.status;
  };
  assert.is(await run(() => sum(relu(sub(model.call(x), 100))), { patience: 3 }), "stalled");
  assert.is(
    await run(() => sum(model.call(x)), { stages: [{ steps: 3, learningRate: 0.1 }] }),
    "budgetSpent",
  );
  assert.is(await run(() => mul(sum(model.call(x)), Infinity)), "nonFinite");
  assert.is(await run(() => sum(model.call(x)), { signal: { aborted: true } }), "aborted");
  assert.equal(await asyncFailure(optimizeIntervention(model, () => "x" as never, { at: "hook_x", start })), [
    "OBJECTIVE_INVALID",
    "The objective of optimizeIntervention gave string. Give a float32 scalar that depends on the model's run.",
  ]);
  assert.is(countHooks(model), 0);
  for (const one of [x, start]) one.dispose();
});

test.run();
