import * as attribution from "@hookdict/attribution";
import { type AttributionMethod, attributeAll, METHODS } from "@hookdict/attribution";
import { compose, defineContext, type HookingContextFactory, option } from "@hookdict/contexts";
import { type Hook, type Hookable, HookFactory, MultiHookManager } from "@hookdict/core";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { TensorDict } from "@hookdict/tensordict";
import { add, mul, randomUniform, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { type Edit, type Editable, EditableAttention, EditableConv, EditableNet } from "./matrix-models.ts";

// Every method under every intervention: what it says of the model is what it says of one that has the intervention
// written into it.

const test = suite("every method under other contexts");

type Model = Editable & Hookable<readonly Tensor[], Tensor>;
type Make = (edit?: Edit) => Editable;

/** A method, and a model for it. */
interface Entry {
  readonly make: (tensors: Tensors) => AttributionMethod;
  readonly model: Make;
  readonly shape: readonly number[];
}

interface Tensors {
  readonly baselines: Tensor;
}

const net = (make: Entry["make"]): Entry => ({ make, model: (edit) => new EditableNet(edit), shape: [3] });
const conv = (make: Entry["make"]): Entry => ({
  make,
  model: (edit) => new EditableConv(edit),
  shape: [3, 3, 1],
});
const attention = (make: Entry["make"]): Entry => ({
  make,
  model: (edit) => new EditableAttention(edit),
  shape: [2, 2],
});
const of = attribution;
const at = "relu";

const ENTRIES: Readonly<Record<string, Entry>> = {
  Saliency: net(() => new of.Saliency()),
  InputXGradient: net(() => new of.InputXGradient()),
  IntegratedGradients: net(() => new of.IntegratedGradients({ steps: 3, delta: true })),
  GradientShap: net(({ baselines }) => new of.GradientShap({ baselines, samples: 3, delta: true })),
  DeepLift: net(() => new of.DeepLift({ delta: true, unknown: "gradient" })),
  DeepLiftShap: net(({ baselines }) => new of.DeepLiftShap({ baselines })),
  NoiseTunnel: net(() => new of.NoiseTunnel(new of.Saliency(), { samples: 3 })),
  GradCam: conv(() => new of.GradCam({ at: "behind" })),
  GuidedGradCam: conv(() => new of.GuidedGradCam({ site: "behind" })),
  GuidedBackprop: net(() => new of.GuidedBackprop()),
  Deconvolution: conv(() => new of.Deconvolution()),
  LayerActivation: net(() => new of.LayerActivation({ at: "last" })),
  LayerConductance: net(() => new of.LayerConductance({ at: "last", steps: 3 })),
  InternalInfluence: net(() => new of.InternalInfluence({ at: "last", steps: 3 })),
  NeuronConductance: net(() => new of.NeuronConductance({ site: "sum", index: [0], steps: 3 })),
  NeuronGradient: net(() => new of.NeuronGradient({ site: "sum", index: [0] })),
  ActivationMaximization: net(() => new of.ActivationMaximization({ steps: 2 })),
  FeatureAblation: net(() => new of.FeatureAblation()),
  Occlusion: conv(() => new of.Occlusion({ window: [2, 2, 1] })),
  FeaturePermutation: net(() => new of.FeaturePermutation({ seed: 3 })),
  ShapleyValues: net(() => new of.ShapleyValues()),
  KernelShap: net(() => new of.KernelShap()),
  Lime: net(() => new of.Lime()),
  LayerwiseRelevancePropagation: net(() => new of.LayerwiseRelevancePropagation()),
  AttnLrp: attention(() => new of.AttnLrp()),
  AttentionRollout: attention(() => new of.AttentionRollout()),
  AttentionFlow: attention(() => new of.AttentionFlow()),
  GradientWeightedAttention: attention(() => new of.GradientWeightedAttention()),
};

/** Numbers of a result, by key. */
function numbersOf(result: TensorDict): Readonly<Record<string, readonly number[]>> {
  const keys = [...result.keys({ nested: true, leavesOnly: true })];
  return Object.fromEntries(keys.map((key) => [String(key), [...result.get<Tensor>(key).dataSync()]]));
}

function assertSame(found: TensorDict, wanted: TensorDict, what: string): void {
  const [a, b] = [numbersOf(found), numbersOf(wanted)];
  assert.equal(Object.keys(a), Object.keys(b));
  for (const [key, values] of Object.entries(b))
    for (const [i, value] of values.entries()) {
      const far = Math.abs((a[key]?.[i] ?? NaN) - value);
      assert.ok(
        far < 1e-4 || (Number.isNaN(value) && Number.isNaN(a[key]?.[i])),
        `${what}: ${key}[${i}] is off by ${far}`,
      ); // float32
    }
}

type Hooks = (model: Model) => Disposable;

/** An intervention: what stands on the model while a method works, and what it is as an edit of the model. */
interface Intervention {
  readonly on: (value: Tensor) => HookingContextFactory | Hooks;
  readonly edit: (value: Tensor) => Edit | undefined;
}

const byHand =
  (value: Tensor, hook: (value: Tensor) => Hook): Hooks =>
  (model) => {
    const manager = new MultiHookManager(model);
    manager.register(at, "fwd", hook(value));
    return manager;
  };

/** A context of anybody's. */
const Shifting = defineContext({
  name: "Shifting",
  options: { by: option.tensor().required() },
  setUp(context, { by }, pattern) {
    context.hook(pattern, "fwd", (passing: Tensor) => add(passing, by));
  },
});

const INTERVENTIONS: Readonly<Record<string, Intervention>> = {
  caching: { on: () => new ActivationCaching("**"), edit: () => undefined },
  "a patch": {
    on: (value) => new ActivationPatching(at, { source: sourceOf(value) }),
    edit: (value) => (passing) => add(mul(passing, 0), value),
  },
  "steering by a context": {
    on: (value) => new Shifting(at, { by: value }),
    edit: (value) => (passing) => add(passing, value),
  },
  "a hook made by a factory": {
    on: (value) => byHand(value, (by) => HookFactory.map((passing) => mul(passing, by))),
    edit: (value) => (passing) => mul(passing, value),
  },
};

const sources: TensorDict[] = [];

/** A capture of one example, for all. */
function sourceOf(value: Tensor): TensorDict {
  const source = new TensorDict({ fwd: { relu: mul(value, 1) } });
  sources.push(source);
  return source;
}

interface Scene extends Tensors {
  readonly x: Tensor;
  readonly value: Tensor;
}

/** Runs with what an entry needs, and frees it. */
function withScene({ shape, model }: Entry, fn: (scene: Scene) => void): void {
  const made = model();
  const x = randomUniform([2, ...shape], 0.2, 1, "float32", 7);
  const shapeAt: number[] = [];
  {
    using manager = new MultiHookManager(made);
    manager.register(at, "fwd", {
      kind: "observe",
      run: (passing: Tensor) => void shapeAt.push(...passing.shape),
    });
    (made as never as { call(x: Tensor): Tensor }).call(x).dispose();
  }
  const scene = {
    x,
    baselines: randomUniform([2, ...shape], 0, 0.3, "float32", 8),
    value: randomUniform([1, ...shapeAt.slice(1)], 0.5, 1.5, "float32", 9),
  };
  try {
    fn(scene);
  } finally {
    for (const each of Object.values(scene)) each.dispose();
    for (const source of sources.splice(0)) source.dispose();
    made.dispose();
  }
}

const target = [1, 0];

/** What a method says of a model with the intervention written into it. */
function expected(entry: Entry, scene: Scene, edit: Edit | undefined): TensorDict {
  const edited = entry.model(edit);
  using hooked = entry.make(scene).prepare(edited as Model);
  const result = hooked.attribute([scene.x], { target });
  edited.dispose();
  return result;
}

test("the table has every method", () => {
  assert.equal(
    Object.keys(ENTRIES),
    METHODS.map(({ name }) => name),
  );
});

for (const [name, entry] of Object.entries(ENTRIES))
  for (const [what, { on, edit }] of Object.entries(INTERVENTIONS))
    test(`${name} under ${what}`, () => {
      withScene(entry, (scene) => {
        using wanted = expected(entry, scene, edit(scene.value));
        const model = entry.model() as Model;
        const standing = on(scene.value);
        if (typeof standing === "function") {
          using _hooks = standing(model);
          using hooked = entry.make(scene).prepare(model);
          using found = hooked.attribute([scene.x], { target });
          assertSame(found, wanted, what);
        } else {
          {
            using outer = standing.prepare(model);
            using hooked = entry.make(scene).prepare(outer);
            using found = hooked.attribute([scene.x], { target });
            assertSame(found, wanted, `nested in ${what}`);
          }
          using hooked = compose(standing, entry.make(scene)).prepare(model);
          const [found] = attributeAll(hooked, [scene.x], { target });
          assertSame(found as TensorDict, wanted, `composed with ${what}`);
          found?.dispose();
        }
        model.dispose();
      });
    });

for (const [name, entry] of Object.entries(ENTRIES))
  test(`${name} composed with saliency, twice over`, () => {
    withScene(entry, (scene) => {
      const model = entry.model() as Model;
      using alone = entry.make(scene).prepare(model);
      using wanted = alone.attribute([scene.x], { target });
      alone.dispose();
      using hooked = compose(entry.make(scene), new of.Saliency(), entry.make(scene)).prepare(model);
      const results = attributeAll(hooked, [scene.x], { target, internalBatchSize: 3 });
      const [first, , last] = results as [TensorDict, TensorDict, TensorDict];
      for (const found of [first, last]) assertSame(found, wanted, name);
      for (const each of results) each.dispose();
      model.dispose();
    });
  });

test.run();
