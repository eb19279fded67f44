import { readdirSync } from "node:fs";
import { compose, type HookingContext, type HookingContextFactory } from "@hookdict/contexts";
import { contextConformance } from "@hookdict/core/testing";
import { TensorDict } from "@hookdict/tensordict";
import {
  Adapter,
  EDITS,
  Ia3,
  IMPORTANCES,
  loadPeftAdapter,
  LowRankAdaptation,
  MERGES,
  type PeftAdapter,
  PeftAdaptation,
  Pruning,
  RankOneEdit,
  TaskVectors,
  WeightEditing,
  weightsOf,
  WeightSwapping,
} from "@hookdict/weights";
import { keep, mul, type Tensor, tensor1d, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { Made, Net } from "../models.ts";
import { adapterFolder, numbersFor } from "../peft/folders.ts";

const test = suite("every edit of weights");

const made = new Made();
test.after.each(() => made.clear());

let adapter: PeftAdapter;
test.before(async () => {
  const folder = await adapterFolder([numbersFor("fc1", [4, 3], 1, 5)], { r: 1, lora_alpha: 1 });
  adapter = await loadPeftAdapter(folder);
});
test.after(() => adapter.dispose());

/** Each edit on {@link Net}, and what frees what it was made of. */
function members(): Readonly<Record<string, HookingContextFactory<HookingContext>>> {
  const a = made.of([1, 0, 2], [3, 1]);
  const b = made.of([1, 2, 0, -1], [1, 4]);
  const vector = new TensorDict({ "fc1.kernel": tensor2d([1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1], [3, 4]) });
  const values = new TensorDict({ "fc1.bias": tensor1d([0, 0, 0, 7]) });
  dicts.push(vector, values);
  return {
    WeightEditing: new WeightEditing({ name: "doubled", of: "fc1.*", change: (weight) => mul(weight, 2) }),
    WeightSwapping: new WeightSwapping({ values }),
    Pruning: new Pruning("**.kernel", { amount: 0.4 }),
    TaskVectors: new TaskVectors({ vector, alpha: 3 }),
    LowRankAdaptation: new LowRankAdaptation({ factors: { "fc1.kernel": { a, b } } }),
    PeftAdaptation: new PeftAdaptation({ adapter }),
    Ia3: new Ia3("fc1", { scales: made.of([1, 2, 0.5, -1]) }),
    RankOneEdit: new RankOneEdit("fc1.kernel", { key: made.of([1, 0, 1]), value: made.of([5, 5, 5, 5]) }),
    Adapter: new Adapter({ source: "act", adapter: (h) => mul(h, h) }),
  };
}

const dicts: TensorDict[] = [];
test.after.each(() => {
  for (const each of dicts.splice(0)) each.dispose();
});

const bits = (model: Net): string => {
  using weights = weightsOf(model);
  return weights.values().map((each) => new Uint32Array((each as Tensor).dataSync().slice().buffer).join()).join(";"); // prettier-ignore
};

test("is a file of its folder, as importances and merges are", () => {
  const files = (folder: string): string[] =>
    readdirSync(new URL(`../../../packages/weights/src/${folder}/`, import.meta.url));
  const named = (name: string): string =>
    `${name.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase()}.ts`;
  const others: Readonly<Record<string, readonly string[]>> = {
    edits: ["edits.ts"],
    importances: ["importance.ts", "importances.ts", "score-weights.ts"],
    merges: ["merge.ts", "merges.ts", "merge-task-vectors.ts"],
  };
  for (const [folder, list] of Object.entries({ edits: EDITS, importances: IMPORTANCES, merges: MERGES }))
    assert.equal(
      [...list.map(({ name }) => named(name)), ...(others[folder] ?? [])].sort(),
      files(folder).sort(),
    );
  assert.equal(Object.keys(members()), [...EDITS].map(({ name }) => name)); // prettier-ignore
});

let current: HookingContextFactory<HookingContext>;
for (const name of EDITS.map((each) => each.name)) {
  const factory = (): HookingContextFactory<HookingContext> =>
    members()[name] as HookingContextFactory<HookingContext>;
  const subject = (): { model: Net; args: Tensor[]; dispose: () => void } => {
    const model = new Net();
    const x = keep(tensor2d([1, 2, -1, 0, 1, 1], [2, 3]));
    return { model, args: [x], dispose: () => (model.dispose(), x.dispose()) };
  };
  // What a factory is made of is made once for all cases, before the tensors are counted.
  for (const { name: what, run } of contextConformance(() => current, {
    compose,
    subject,
  })) {
    test(`${name}: ${what}`, () => {
      current = factory();
      run();
    });
  }
}

test("changes what the model computes, and composes with every other, ending in any order", () => {
  const model = new Net();
  const x = made.of([1, 2, -1, 0, 1, 1], [2, 3]);
  const all = Object.entries(members());
  const before = bits(model);
  const plain = take(model.hookTarget().call([x]));
  for (const [name, first] of all) {
    const alone = first.prepare(model);
    const output = take(alone.call(x));
    assert.not.equal(output, plain, name);
    for (const [other, second] of all) {
      const both = second.prepare(model);
      take(both.call(x));
      alone.dispose(); // first in, first out
      const rest = take(both.call(x));
      both.dispose();
      using only = second.prepare(model);
      // What is chosen or solved once is by the weights as they were when it was prepared.
      if (second !== first && !["Pruning"].includes(other))
        assert.equal(rest, take(only.call(x)), `${name}, ${other}`);
      only.dispose();
      assert.is(bits(model), before, `${name}, ${other}`);
      assert.equal(take(model.hookTarget().call([x])), plain);
    }
  }
  model.dispose();
});

test.run();
