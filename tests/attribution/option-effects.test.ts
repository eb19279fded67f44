import * as of from "@hookdict/attribution";
import type { AttributionMethod } from "@hookdict/attribution";
import type { Hookable } from "@hookdict/core";
import type { HookdictError } from "@hookdict/tensordict";
import { randomUniform, reverse, tensor2d, tensor4d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { WORLDS } from "./option-worlds.ts";

// An option that does nothing is none: with another value each changes what the method says, or is refused.

const test = suite("what options do");

type Options = Readonly<Record<string, unknown>>;

/** A method's class, options with which it says something, for each option another value, and where it says it. */
interface Entry {
  readonly make: unknown;
  readonly base: Options;
  readonly changed: Options;
  readonly world: keyof typeof WORLDS;
}

const unknown = "gradient";

const entry = (
  make: unknown,
  base: Options,
  changed: Options,
  world: keyof typeof WORLDS = "image",
): Entry => ({ make, base, changed, world });

/** Tensors that options are made of; kept until the test has ended. */
function tensors(): Readonly<Record<string, Tensor>> {
  const image = (seed: number, count: number): Tensor =>
    randomUniform([count, 3, 3, 1], -1, 1, "float32", seed);
  return {
    baselines: image(8, 2),
    others: image(9, 2),
    baseline: image(10, 1),
    features: tensor4d([0, 0, 0, 1, 1, 1, 2, 2, 2], [1, 3, 3, 1], "int32"),
    columns: tensor4d([0, 1, 2, 0, 1, 2, 0, 1, 2], [1, 3, 3, 1], "int32"),
    noise: randomUniform([2, 2, 3, 3, 1], -1, 1, "float32", 11),
    alpha: tensor2d([
      [0.1, 0.9],
      [0.4, 0.2],
    ]),
    baselineIndex: tensor2d(
      [
        [0, 1],
        [1, 1],
      ],
      undefined,
      "int32",
    ),
    orders: tensor2d([[0, 1, 2]], undefined, "int32"),
    permutations: tensor2d(
      [
        [1, 0],
        [0, 1],
        [1, 0],
      ],
      undefined,
      "int32",
    ),
    coalitions: tensor2d([
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 0],
      [0, 1, 1],
    ]),
  };
}

function entries(given: Readonly<Record<string, Tensor>>): Readonly<Record<string, readonly Entry[]>> {
  const { baseline, baselines, others, features: featureMask, columns, noise, alpha, baselineIndex } = given;
  const { orders, permutations, coalitions } = given;
  const at = "behind";
  const path = { baseline, steps: 2, rule: "riemann_left" };
  const perturbation = { baseline, featureMask };
  const surrogate = { baseline, featureMask: columns, coalitions };
  const drawn = { samples: 20, seed: 3 };
  const error = { unknown: "error" };
  const attention = { at: "one.hook_pattern", headFusion: "max", residual: false };
  return {
    Saliency: [entry(of.Saliency, {}, { at, absolute: false })],
    InputXGradient: [entry(of.InputXGradient, {}, { at })],
    IntegratedGradients: [
      entry(
        of.IntegratedGradients,
        { steps: 3, rule: "riemann_trapezoid" },
        { at, ...path, multiplyByInputs: false, delta: true, compatibility: "captum" },
      ),
    ],
    GradientShap: [
      entry(
        of.GradientShap,
        { baselines },
        {
          baselines: others,
          samples: 2,
          stdev: 1,
          seed: 3,
          draws: { noise, alpha, baselineIndex },
          delta: true,
        },
      ),
    ],
    DeepLift: [
      entry(of.DeepLift, { unknown }, { baseline, delta: true }),
      entry(of.DeepLift, { unknown }, error, "odd"),
    ],
    DeepLiftShap: [
      entry(of.DeepLiftShap, { baselines, unknown }, { baselines: others, delta: true }),
      entry(of.DeepLiftShap, { baselines, unknown }, error, "odd"),
    ],
    NoiseTunnel: [entry(Tunnel, { samples: 3 }, { kind: "squared", samples: 2, stdev: 2, seed: 4, noise })],
    GradCam: [
      entry(
        of.GradCam,
        { at: "conv" },
        { at: "relu", channelAxis: 1, relu: false, sumChannels: false, resize: { size: [3, 3] } },
      ),
    ],
    GuidedGradCam: [
      entry(
        of.GuidedGradCam,
        { site: "conv", relu: false, unknown },
        { site: "relu", mode: "nearest", channelAxis: 1, relu: true },
      ),
      entry(of.GuidedGradCam, { site: "conv", unknown }, error, "odd"),
    ],
    GuidedBackprop: [
      entry(of.GuidedBackprop, { unknown }, { at, modules: "all" }),
      entry(of.GuidedBackprop, { unknown }, error, "odd"),
    ],
    Deconvolution: [
      entry(of.Deconvolution, { unknown }, { at }),
      entry(of.Deconvolution, { unknown }, error, "odd"),
    ],
    LayerActivation: [entry(of.LayerActivation, { at: "last" }, { at })],
    LayerConductance: [entry(of.LayerConductance, { at, steps: 3 }, { at: "mix", ...path, delta: true })],
    InternalInfluence: [entry(of.InternalInfluence, { at, steps: 3 }, { at: "mix", ...path })],
    NeuronConductance: [
      entry(
        of.NeuronConductance,
        { site: "mix", index: [0, 0, 1], steps: 3 },
        { site: "hook_pattern", index: [0, 1, 1], ...path },
      ),
    ],
    NeuronGradient: [
      entry(
        of.NeuronGradient,
        { site: "mix", index: [0, 0, 1] },
        { at, site: "hook_pattern", index: [0, 1, 1] },
      ),
    ],
    ActivationMaximization: [
      entry(
        of.ActivationMaximization,
        {},
        { alpha: 1, steps: 2, bounds: [0, 0.1], sign: true, transform: (x: Tensor) => reverse(x, 1) },
      ),
    ],
    FeatureAblation: [entry(of.FeatureAblation, {}, { at, ...perturbation })],
    Occlusion: [
      entry(of.Occlusion, { window: [2, 2, 1] }, { window: [1, 2, 1], strides: [1, 1, 1], baseline }),
    ],
    FeaturePermutation: [
      entry(of.FeaturePermutation, { featureMask }, { featureMask: columns, seed: 5, permutations }),
    ],
    ShapleyValues: [
      entry(
        of.ShapleyValues,
        { featureMask, samples: 1 },
        { baseline, featureMask: columns, samples: 3, seed: 5, orders },
      ),
    ],
    KernelShap: [entry(of.KernelShap, { featureMask }, surrogate), entry(of.KernelShap, {}, drawn, "wide")],
    Lime: [
      entry(of.Lime, { featureMask }, { ...surrogate, kernelWidth: 0.1, alpha: 1 }),
      entry(of.Lime, {}, drawn, "wide"),
    ],
    LayerwiseRelevancePropagation: [
      entry(
        of.LayerwiseRelevancePropagation,
        { unknown },
        {
          at,
          composite: of.epsilonEverywhere(),
          rules: { conv: of.flat() },
          unknown: "error",
          start: "one",
          condition: { site: "conv", channel: 1 },
          conservation: 0,
        },
      ),
      entry(of.LayerwiseRelevancePropagation, {}, { mergeBatchNorm: true }, "normed"),
    ],
    AttnLrp: [
      entry(of.AttnLrp, { unknown }, { at, variant: "cp" }),
      entry(of.AttnLrp, { unknown }, error, "odd"),
    ],
    AttentionRollout: [entry(of.AttentionRollout, {}, attention, "patterns")],
    AttentionFlow: [entry(of.AttentionFlow, {}, attention, "patterns")],
    GradientWeightedAttention: [
      entry(of.GradientWeightedAttention, {}, { at: "one.hook_pattern" }, "patterns"),
    ],
  };
}

class Tunnel extends of.NoiseTunnel {
  constructor(options: object) {
    super(new of.Saliency(), options);
  }
}

type Maker = new (options: Options) => AttributionMethod;

/** What a method says: its numbers, or the code of its error. */
function outcome({ make, world }: Entry, options: Options): string {
  const { shape, model } = WORLDS[world];
  const x = randomUniform([2, ...shape], 0.2, 1, "float32", 7);
  const made = model() as Hookable<readonly Tensor[]> & { dispose?: () => void };
  try {
    using hooked = new (make as Maker)(options).prepare(made);
    using result = hooked.attribute([x], { target: [1, 0] });
    const keys = [...result.keys({ nested: true, leavesOnly: true })];
    return JSON.stringify(keys.map((key) => [key, result.get<Tensor>(key).arraySync()]));
  } catch (error) {
    return (error as HookdictError).code;
  } finally {
    made.dispose?.();
    x.dispose();
  }
}

for (const { name } of of.METHODS)
  test(`those of ${name}`, () => {
    const given = tensors();
    const list = entries(given)[name] ?? [];
    const seen = new Set(list.flatMap(({ changed }) => Object.keys(changed)));
    for (const each of list) {
      const base = outcome(each, each.base);
      assert.match(base, /^\[/, "the base says something");
      for (const [option, value] of Object.entries(each.changed))
        assert.is.not(outcome(each, { ...each.base, [option]: value }), base, option);
    }
    const { make, base } = list[0] as Entry; // there is one
    const error = thrown(() => new (make as Maker)({ ...base, nonsense: 1 })) as HookdictError;
    assert.is(error.code, "OPTION_UNKNOWN");
    assert.equal([...seen].sort(), [...(error.fields["known"] as readonly string[])].sort());
    for (const tensor of Object.values(given)) tensor.dispose();
  });

test.run();
