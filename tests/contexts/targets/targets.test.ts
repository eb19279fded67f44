import {
  compose,
  type HookingContext,
  type HookingContextFactory,
  parseTarget,
  reportOf,
  target,
  type TargetData,
} from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import { ActivationCaching, ActivationPatching, SteeringVectors } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { mul, sum, type Tensor, tensor2d, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";

const test = suite("targets");

/** x → units → pair (a tuple) → units again, with a weight. */
class Line extends Module {
  readonly units: HookPoint = new HookPoint({ axes: ["batch", "unit"] });
  readonly pair: HookPoint = new HookPoint();
  readonly weight: Tensor = tensor2d([
    [1, 2],
    [3, 4],
  ]);
  override forward(x: Tensor): Tensor {
    const first = this.units.call(x);
    const [left] = this.pair.call([first, x] as never) as readonly [Tensor];
    return this.units.call(left);
  }
  [Symbol.dispose](): void {
    this.weight.dispose();
  }
}

const data: TargetData = { path: "units", kind: "activation", axis: "unit", indices: [1, -1] };
const X = (): Tensor => tensor2d([[1, 2, 3]]);

function run(factory: HookingContextFactory<HookingContext>, model = new Line()): number[] {
  const x = X();
  using hooked = factory.prepare(model);
  const values = take(hooked.call(x));
  x.dispose();
  hooked.dispose();
  assert.is(countHooks(model), 0);
  assert.not.ok(
    model
      .hookTarget()
      .sites()
      .some(({ path }) => path.includes("[")),
  );
  model[Symbol.dispose]();
  return values;
}

test("a target is JSON, and the same again", () => {
  const units = target(data);
  assert.is(units.path, "units.axisunit[1,-1]");
  assert.equal(parseTarget(JSON.stringify(units)).data, data);
  assert.is(target({ ...data, axis: -1 }).path, "units.units[1,-1]");
});

test("patching by units takes those units alone", () => {
  const units = target({ ...data, axis: -1, indices: [1, 2] });
  const source = new TensorDict({
    fwd: { [units.path]: tensor2d([[20, 30]]), [`${units.path}#1`]: tensor2d([[20, 30]]) },
  });
  assert.equal(run(new ActivationPatching(units, { source })), [1, 20, 30]);
  source.dispose();
});

test("steering a unit to zero leaves the others", () => {
  assert.equal(
    run(new SteeringVectors(target({ ...data, indices: [1] }), { steer: (value) => zerosLike(value) })),
    [1, 0, 3],
  );
});

test("captures hold the chosen entries, and contexts at the same target see each other in order", () => {
  const units = target(data);
  using model = new Line();
  const double = new SteeringVectors(units, { steer: (value) => mul(value, 2) });
  using hooked = compose(new ActivationCaching(units), double, new ActivationCaching(units)).prepare(model);
  const x = X();
  assert.equal(take(hooked.call(x)), [1, 8, 12]);
  const [before, , after] = hooked.context.parts;
  assert.equal([...before.cache.get<Tensor>(["fwd", units.path]).dataSync()], [2, 3]);
  assert.equal([...after.cache.get<Tensor>(["fwd", units.path]).dataSync()], [4, 6]);
  assert.equal([...after.cache.get<Tensor>(["fwd", `${units.path}#1`]).dataSync()], [8, 12]);
  x.dispose();
});

test("some passes of a site are meant, others left alone", () => {
  const second = target({ ...data, indices: [0], passes: [1] });
  assert.equal(run(new SteeringVectors(second, { steer: (value) => mul(value, 10) })), [10, 2, 3]);
});

test("a part of a structured value is meant", () => {
  const left = target({ path: "pair", kind: "activation", axis: 1, indices: [2], output: [0] });
  assert.equal(run(new SteeringVectors(left, { steer: (value) => mul(value, 10) })), [1, 2, 30]);
  const none = target({ path: "pair", kind: "activation", axis: 1, indices: [2], output: [5] });
  using model = new Line();
  using hooked = new ActivationCaching(none).prepare(model);
  const x = X();
  assert.equal(failure(() => hooked.call(x))[0], "TARGET_OUTPUT");
  assert.match(failure(() => hooked.call(x))[1], "The value at pair has no tensor at [5]: it is");
  x.dispose();
});

test("gradients at a target are those of its entries", () => {
  const units = target({ ...data, kind: "gradient", indices: [2], passes: [0] });
  using model = new Line();
  using hooked = new ActivationCaching(units, { directions: ["bwd_pre"] }).prepare(model);
  const x = X();
  hooked.backward(() => sum(mul(hooked.call(x), x)));
  assert.equal([...hooked.cache.get<Tensor>(["bwd_pre", units.path]).dataSync()], [3]);
  x.dispose();
});

test("a parameter's target is read", () => {
  using model = new Line();
  const row = target({ path: "weight", kind: "parameter", axis: 0, indices: [1] });
  row.validate(model);
  assert.equal(take(row.read(model)), [3, 4]);
  assert.equal(
    failure(() => new ActivationCaching(row).prepare(model)),
    [
      "TARGET_NO_SITE",
      "The target of the parameter weight is used as a place for hooks. No value passes a parameter: read it with target.read(model), or edit it, for edits of weights take targets.",
    ],
  );
  assert.is(failure(() => target(data).read(model))[0], "TARGET_NO_SITE");
  assert.equal(
    failure(() => target({ ...row.data, indices: [2] }).validate(model)),
    [
      "TARGET_INDEX",
      "A target names the index 2 of weight, where the axis has 2 entries. Name whole numbers from -2 to 1.",
    ],
  );
});

test("what the model has not is refused", () => {
  using model = new Line();
  assert.equal(
    failure(() => target({ ...data, path: "unit" }).validate(model)),
    ["TARGET_ABSENT", "The model has no site unit, which a target names. The nearest are units, pair."],
  );
  assert.equal(
    failure(() => target({ ...data, axis: "head" }).validate(model)),
    [
      "TARGET_AXIS",
      'A target names the axis "head" of units, which declares the axes batch, unit. Name an axis that it declares, or give its number; negative ones count from the end.',
    ],
  );
  using hooked = new ActivationCaching(target({ ...data, indices: [7] })).prepare(model);
  const x = X();
  assert.is(failure(() => hooked.call(x))[0], "TARGET_INDEX");
  x.dispose();
});

for (const [change, what] of [
  [{ kind: "hook" }, 'kind is "hook", not one of activation, gradient, parameter.'],
  [{ axis: 0.5 }, "axis is 0.5, not a name or a whole number."],
  [{ indices: [] }, "indices is"],
  [{ indices: [1, 1] }, "indices is"],
  [{ path: "" }, 'path is "", not the path of a site or weight.'],
  [{ passes: [-1] }, "passes is"],
  [{ more: 1 }, "more is 1, not one of path, kind, axis, indices, output, passes."],
] as const) {
  test(`data with ${JSON.stringify(change)} are refused`, () => {
    const [code, message] = failure(() => target({ ...data, ...(change as object) }));
    assert.is(code, "TARGET_INVALID");
    assert.match(message, `A target does not hold: ${what}`);
  });
}

test("a text that is no JSON is refused", () => {
  assert.equal(
    failure(() => parseTarget("{")),
    [
      "TARGET_JSON",
      "parseTarget was given a text that is no JSON. Give the text that JSON.stringify(target) writes, or the data itself to target(data).",
    ],
  );
});

test("a report tells what was registered and what fired", () => {
  using model = new Line();
  using hooked = new ActivationCaching(["units", "pair"]).prepare(model);
  assert.equal(
    reportOf(hooked).hooks.map(({ passes, fired }) => [passes, fired]),
    [
      [[], false],
      [[], false],
    ],
  );
  const x = X();
  hooked.call(x).dispose();
  const { context, hooks, unfired } = reportOf(hooked);
  assert.is(context, "ActivationCaching");
  assert.equal(
    hooks.map(({ path, direction, kind, passes, fired }) => [path, direction, kind, passes, fired]),
    [
      ["units", "fwd", "observe", [0, 1], true],
      ["pair", "fwd", "observe", [0], true],
    ],
  );
  assert.equal(unfired, []);
  x.dispose();
});

test.run();
