import { compose } from "@hookdict/contexts";
import { editWeight, type HookedModule, isEdited, resolveTarget } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { contextConformance, tinyFunction, tinyLayers, TinyModule, tinyTokens } from "@hookdict/core/testing";
import { ActivationCaching } from "@hookdict/latent";
import { WeightEditing } from "@hookdict/weights";
import { add, mul, neg, reshape, round, square, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import * as fc from "fast-check";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { take } from "../support/values.ts";

const test = suite("edits of weights");

const doubling = (of: string): WeightEditing =>
  new WeightEditing({ name: "doubled", of, change: (weight) => mul(weight, 2) });
const raising = (of: string): WeightEditing =>
  new WeightEditing({ name: "raised", of, change: (weight) => add(weight, 1) });
const bits = (tensor: Tensor): string => new Uint32Array(tensor.dataSync().slice().buffer).join();
const valuesAt = (tensor: Tensor): number[] => [...tensor.dataSync()];

for (const { name, run } of contextConformance(() => doubling("**.kernel"), { compose })) test(name, run);

test("edits end in any order, and what remains is as if the others had never been", () => {
  const model = new TinyModule();
  const { bias } = model.head;
  const before = valuesAt(bias);
  const dataId = bias.dataId;
  const [doubled, raised] = [doubling("head.bias").prepare(model), raising("head.bias").prepare(model)];
  assert.equal(
    valuesAt(bias),
    valuesOf(before, (x) => Math.fround(2 * x) + 1),
  );
  doubled.dispose();
  assert.equal(
    valuesAt(bias),
    valuesOf(before, (x) => x + 1),
  );
  const again = doubling("head.bias").prepare(model);
  assert.equal(
    valuesAt(bias),
    valuesOf(before, (x) => 2 * Math.fround(x + 1)),
  );
  again.dispose();
  raised.dispose();
  raised.dispose();
  assert.equal(valuesAt(bias), before);
  assert.is(bias.dataId, dataId);
  assert.not.ok(isEdited(bias));
  model.dispose();
});

function valuesOf(values: readonly number[], fn: (x: number) => number): number[] {
  return values.map((value) => Math.fround(fn(value)));
}

test("whatever comes, ends, sleeps and wakes in whatever order, a weight is what the awake ones make of it", () => {
  const step = fc.record({ what: fc.constantFrom("begin", "end", "asleep"), which: fc.nat(3), by: fc.integer({ min: -3, max: 3 }) }); // prettier-ignore
  const program = fc.array(step, { maxLength: 20 });
  fc.assert(
    fc.property(program, (steps) => {
      const model = new TinyModule();
      const { table } = model;
      const { dataId } = table;
      const whole = tidy(() => round(mul(table, 10)).arraySync() as number[][]);
      using whole10 = new WeightEditing({
        name: "whole",
        of: "table",
        change: (t) => round(mul(t, 10)),
      }).prepare(model);
      const standing: { readonly factor: number; readonly hooked: HookedModule }[] = [];
      const expected = (without?: object): number[][] =>
        standing
          .filter((each) => each !== without)
          .reduce((rows, { factor }) => rows.map((row) => row.map((x) => factor * x + 1)), whole);
      for (const { what, which, by } of steps) {
        const chosen = standing[which % Math.max(1, standing.length)];
        if (what === "begin") {
          const change = (t: Tensor): Tensor => add(mul(t, by), 1);
          standing.push({
            factor: by,
            hooked: new WeightEditing({ name: "affine", of: "table", change }).prepare(model),
          });
        } else if (chosen !== undefined && what === "end") {
          standing.splice(standing.indexOf(chosen), 1);
          chosen.hooked.dispose();
        } else if (chosen !== undefined)
          chosen.hooked.disabled(() =>
            assert.equal(plus(table.arraySync() as number[][]), plus(expected(chosen))),
          );
        assert.equal(plus(table.arraySync() as number[][]), plus(expected()));
      }
      for (const { hooked } of standing) hooked.dispose();
      whole10.dispose();
      assert.is(table.dataId, dataId);
      model.dispose();
    }),
    { numRuns: 100, seed: 15 },
  );
});

/** Without negative zeros, which whole numbers of either sign give. */
function plus(rows: readonly (readonly number[])[]): number[][] {
  return rows.map((row) => row.map((x) => x + 0));
}

test("hooks and edits compose, and end in any order", () => {
  const model = new TinyModule();
  const tokens = tinyTokens();
  const plain = take(model.hookTarget().call([tokens]));
  using hooked = compose(new ActivationCaching("head"), doubling("head.*")).prepare(model);
  const later = new ActivationCaching("head").prepare(model);
  assert.equal(
    take(hooked.call(tokens)),
    valuesOf(plain, (x) => 2 * x),
  );
  assert.equal(
    valuesAt(later.cache.get(["fwd", "head"])),
    valuesOf(plain, (x) => 2 * x),
  );
  assert.equal(take(hooked.disabled(() => later.call(tokens))), plain);
  hooked.dispose();
  assert.equal(take(later.call(tokens)), plain);
  later.dispose();
  tokens.dispose();
  model.dispose();
});

test("what throws midway leaves every weight as it was", () => {
  const model = new TinyModule();
  const failing = new WeightEditing({
    name: "failing",
    of: "**",
    change: (weight, name) => {
      if (name === "head.bias") throw new Error("no");
      return square(weight);
    },
  });
  const before = resolveTarget(model).weights().map(({ tensor }) => bits(tensor)); // prettier-ignore
  using doubled = doubling("mix.kernel").prepare(model);
  const kernel = bits(model.mix.kernel);
  assert.is(thrown(() => failing.prepare(model)).message, "no");
  assert.is(bits(model.mix.kernel), kernel);
  doubled.dispose();
  assert.equal(resolveTarget(model).weights().map(({ tensor }) => bits(tensor)), before); // prettier-ignore
  model.dispose();
});

test("a model that is disposed or trained under an edit leaves nothing behind", async () => {
  const model = new TinyModule();
  const edited = doubling("**").prepare(model);
  model.dispose();
  edited.dispose();
  const layers = await tinyLayers((handler) => loadLayersModel(handler));
  const head = layers.getLayer("head");
  const [kernel] = head.getWeights() as [Tensor];
  const before = valuesAt(kernel);
  const other = doubling("head.*").prepare(hookLayers(layers));
  const assigned = head.getWeights().map((weight) => neg(weight));
  head.setWeights(assigned);
  for (const each of assigned) each.dispose();
  assert.equal(
    valuesAt(head.getWeights()[0] as Tensor),
    valuesOf(before, (x) => -2 * x),
  );
  other.dispose();
  assert.equal(valuesAt(head.getWeights()[0] as Tensor), before);
  for (const weight of layers.weights) weight.read().dispose();
});

test("no weight of that name, another shape, a model without weights, and one that is disposed are errors", () => {
  const model = new TinyModule();
  assert.equal(failure(() => doubling("head.kernal").prepare(model)), [
    "WEIGHT_UNMATCHED",
    'No weight of TinyModule matches "head.kernal", among 5 weights. Correct the pattern. The nearest names are head.kernel, mix.kernel, head.bias, table, mix.bias.',
  ]); // prettier-ignore
  doubling("nothing").prepare(model, { unmatched: "ignore" }).dispose();
  const flat = new WeightEditing({
    name: "flat",
    of: "head.kernel",
    change: (weight) => reshape(weight, [-1]),
  });
  assert.equal(failure(() => flat.prepare(model)), [
    "WEIGHT_CHANGED",
    "A change of head.kernel gave float32 [8] in the place of float32 [4, 2]. Return a tensor of the same shape and dtype.",
  ]); // prettier-ignore
  using plain = tinyFunction();
  assert.equal(failure(() => doubling("**").prepare(plain.model)), [
    "WEIGHT_UNMATCHED",
    'No weight of tiny matches "**", among 0 weights. Give a model that keeps its weights in public fields, or names them by ownWeights; a function\'s are not known.',
  ]); // prettier-ignore
  model.dispose();
  assert.equal(failure(() => editWeight(model.table, neg, { path: "table" })), [
    "WEIGHT_DISPOSED",
    "An edit was asked of table, which is disposed. Edit the weights of a model that is alive.",
  ]); // prettier-ignore
});

test("with unmatched: warn, an event tells of a pattern that matches no weight", () => {
  const model = new TinyModule();
  const heard: unknown[] = [];
  doubling("nothing")
    .prepare(model, {
      unmatched: "warn",
      listen: (events) => events.on("unmatched", (event) => heard.push(event)),
    })
    .dispose();
  assert.equal(heard, [{ context: "WeightEditing", patterns: ["nothing"] }]);
  model.dispose();
});

test.run();
