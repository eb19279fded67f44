import * as attribution from "@hookdict/attribution";
import type { AttributionMethod, AttributionOptions } from "@hookdict/attribution";
import { tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";

const test = suite("options of methods");

/** Every option of a method with a value that is not its base's: one that lacks an option does not compile. */
type Others<O> = { readonly [K in keyof O]-?: NonNullable<O[K]> };

interface Entry {
  readonly base: () => AttributionMethod;
  /** By option: the method with this option changed, made anew by each call. */
  readonly changed: Readonly<Record<string, () => AttributionMethod>>;
}

function entry<O extends object>(
  make: (options: O) => AttributionMethod,
  base: O,
  others: Omit<Others<O>, "at"> & { readonly at?: string },
): Entry {
  const changed = Object.entries(others).map(
    ([name, value]) => [name, () => make({ ...base, [name]: value as unknown })] as const,
  );
  return { base: () => make(base), changed: Object.fromEntries(changed) };
}

/** Methods with an example of each option. Tensors are compared by identity, so that one is enough. */
function entries(tensor: Tensor, other: Tensor): Readonly<Record<string, Entry>> {
  const at = "relu";
  const path = { baseline: 1, steps: 3, rule: "riemann_left" } as const;
  const features = { baseline: 1, featureMask: tensor } as const;
  const surrogate = { ...features, samples: 5, seed: 1, coalitions: tensor } as const;
  const attention = { at, headFusion: "max", residual: false } as const;
  const relevance = {
    at,
    composite: attribution.epsilonEverywhere(),
    rules: { relu: attribution.pass() },
    unknown: "gradient",
    start: "one",
    mergeBatchNorm: true,
    condition: { site: "relu", channel: 1 },
    conservation: 0.1,
  } as const;
  const draws = { noise: tensor, alpha: tensor, baselineIndex: tensor };
  const of = attribution;
  return {
    Saliency: entry<attribution.SaliencyOptions>((o) => new of.Saliency(o), {}, { at, absolute: false }),
    InputXGradient: entry<AttributionOptions>((o) => new of.InputXGradient(o), {}, { at }),
    IntegratedGradients: entry<attribution.IntegratedGradientsOptions>(
      (o) => new of.IntegratedGradients(o),
      {},
      { at, ...path, multiplyByInputs: false, delta: true, compatibility: "captum" },
    ),
    GradientShap: entry<attribution.GradientShapOptions>(
      (o) => new of.GradientShap(o),
      { baselines: tensor },
      { baselines: other, samples: 2, stdev: 1, seed: 1, draws, delta: true },
    ),
    DeepLift: entry<attribution.DeepLiftOptions>(
      (o) => new of.DeepLift(o),
      {},
      {
        baseline: 1,
        delta: true,
        unknown: "gradient",
      },
    ),
    DeepLiftShap: entry<attribution.DeepLiftShapOptions>(
      (o) => new of.DeepLiftShap(o),
      { baselines: tensor },
      { baselines: other, delta: true, unknown: "gradient" },
    ),
    NoiseTunnel: entry<{ method: AttributionMethod } & attribution.NoiseTunnelOptions>(
      ({ method, ...rest }) => new of.NoiseTunnel(method, rest),
      { method: new of.Saliency() },
      {
        method: new of.Saliency({ absolute: false }),
        kind: "squared",
        samples: 2,
        stdev: 2,
        seed: 1,
        noise: tensor,
      },
    ),
    GradCam: entry<attribution.GradCamOptions>(
      (o) => new of.GradCam(o),
      { at: "first" },
      {
        at,
        channelAxis: 1,
        relu: false,
        sumChannels: false,
        resize: { size: [2, 2] },
      },
    ),
    GuidedGradCam: entry<attribution.GuidedGradCamOptions>(
      (o) => new of.GuidedGradCam(o),
      { site: "first" },
      { site: "relu", mode: "nearest", channelAxis: 1, relu: false, unknown: "gradient" },
    ),
    GuidedBackprop: entry<attribution.GuidedBackpropOptions>(
      (o) => new of.GuidedBackprop(o),
      {},
      {
        at,
        modules: "all",
        unknown: "gradient",
      },
    ),
    Deconvolution: entry<attribution.DeconvolutionOptions>(
      (o) => new of.Deconvolution(o),
      {},
      { at, unknown: "gradient" },
    ),
    LayerActivation: entry<AttributionOptions>((o) => new of.LayerActivation(o), { at: "first" }, { at }),
    LayerConductance: entry<attribution.LayerConductanceOptions>(
      (o) => new of.LayerConductance(o),
      { at: "first" },
      { at, ...path, delta: true },
    ),
    InternalInfluence: entry<attribution.InternalInfluenceOptions>(
      (o) => new of.InternalInfluence(o),
      { at: "first" },
      { at, ...path },
    ),
    NeuronConductance: entry<attribution.NeuronConductanceOptions>(
      (o) => new of.NeuronConductance(o),
      { site: "first", index: [0] },
      { site: "relu", index: [1], baseline: 1, steps: 3, rule: "riemann_left" },
    ),
    NeuronGradient: entry<attribution.NeuronGradientOptions>(
      (o) => new of.NeuronGradient(o),
      { site: "last", index: [0] },
      { at: "first", site: "relu", index: [1] },
    ),
    ActivationMaximization: entry<attribution.ActivationMaximizationOptions>(
      (o) => new of.ActivationMaximization(o),
      {},
      { alpha: 2, steps: 2, bounds: [0, 1], sign: true, transform: (input) => input },
    ),
    FeatureAblation: entry<attribution.FeatureAblationOptions>(
      (o) => new of.FeatureAblation(o),
      {},
      {
        ...features,
        at,
      },
    ),
    Occlusion: entry<attribution.OcclusionOptions>(
      (o) => new of.Occlusion(o),
      { window: [1] },
      {
        window: [2],
        strides: [2],
        baseline: 1,
      },
    ),
    FeaturePermutation: entry<attribution.FeaturePermutationOptions>(
      (o) => new of.FeaturePermutation(o),
      {},
      { featureMask: tensor, seed: 1, permutations: tensor },
    ),
    ShapleyValues: entry<attribution.ShapleyValuesOptions>(
      (o) => new of.ShapleyValues(o),
      {},
      {
        ...features,
        samples: 5,
        seed: 1,
        orders: tensor,
      },
    ),
    KernelShap: entry<attribution.SurrogateOptions>((o) => new of.KernelShap(o), {}, surrogate),
    Lime: entry<attribution.LimeOptions>(
      (o) => new of.Lime(o),
      {},
      {
        ...surrogate,
        kernelWidth: 2,
        alpha: 1,
      },
    ),
    LayerwiseRelevancePropagation: entry<attribution.RelevanceOptions>(
      (o) => new of.LayerwiseRelevancePropagation(o),
      {},
      relevance,
    ),
    AttnLrp: entry<attribution.AttnLrpOptions>(
      (o) => new of.AttnLrp(o),
      {},
      { at, variant: "cp", unknown: "gradient" },
    ),
    AttentionRollout: entry<attribution.AttentionOptions>((o) => new of.AttentionRollout(o), {}, attention),
    AttentionFlow: entry<attribution.AttentionOptions>((o) => new of.AttentionFlow(o), {}, attention),
    GradientWeightedAttention: entry<AttributionOptions>(
      (o) => new of.GradientWeightedAttention(o),
      {},
      { at },
    ),
  };
}

/** Runs with the entries and their tensors. */
function withEntries(fn: (all: Readonly<Record<string, Entry>>) => void): void {
  const tensors = [tensor1d([1]), tensor1d([2])] as const;
  fn(entries(...tensors));
  for (const each of tensors) each.dispose();
}

test("the table has every method", () => {
  withEntries((all) =>
    assert.equal(
      Object.keys(all),
      attribution.METHODS.map(({ name }) => name),
    ),
  );
});

test("methods with the same options are equal, and print the same", () => {
  withEntries((all) => {
    for (const [name, { base, changed }] of Object.entries(all))
      for (const make of [base, ...Object.values(changed)]) {
        assert.ok(make().equals(make()), name);
        assert.is(String(make()), String(make()));
        assert.is(make().describe().name, name);
      }
  });
});

test("methods that differ in any option are not equal", () => {
  withEntries((all) => {
    for (const [name, { base, changed }] of Object.entries(all))
      for (const [option, make] of Object.entries(changed)) {
        assert.not.ok(make().equals(base()), `${name}: ${option}`);
        assert.not.ok(base().equals(make()), `${name}: ${option}`);
      }
  });
});

test("composites and rules that separate calls make are equal, and differ in what they were made with", () => {
  const { epsilonPlus, epsilonGammaBox, guidedRelus, gamma, pass, stop } = attribution;
  const of = (options: attribution.RelevanceOptions): AttributionMethod =>
    new attribution.LayerwiseRelevancePropagation(options);
  const box = (high: number): attribution.Composite => epsilonGammaBox({ low: 0, high });
  const same: readonly (() => AttributionMethod)[] = [
    () => of({ composite: epsilonPlus() }),
    () => of({ composite: epsilonPlus({ epsilon: 0.25 }) }),
    () => of({ composite: epsilonPlus({ stabilizer: { epsilon: 1e-3, clip: true } }) }),
    () => of({ composite: box(1) }),
    () => of({ composite: box(2) }),
    () => of({ composite: guidedRelus() }),
    () => of({ rules: { relu: pass() } }),
    () => of({ rules: { relu: stop() } }),
    () => of({ rules: { relu: gamma({ gamma: 0.5 }) } }),
    () => of({ rules: { last: gamma({ gamma: 0.5 }) } }),
  ];
  for (const [i, make] of same.entries())
    for (const [j, other] of same.entries()) assert.is(make().equals(other()), i === j, `${i} and ${j}`);
  const own = { name: "own", pass: () => [] };
  assert.ok(of({ rules: { relu: own } }).equals(of({ rules: { relu: own } })));
  assert.not.ok(of({ rules: { relu: own } }).equals(of({ rules: { relu: { ...own, pass: () => [] } } })));
});

test("methods with options that print differ in print", () => {
  assert.is(
    String(new attribution.AttnLrp({ at: "hook_embed", variant: "cp" })),
    'AttnLrp(at: "hook_embed", variant: "cp")',
  );
  assert.is(
    String(new attribution.NoiseTunnel(new attribution.Saliency(), { samples: 3 })),
    'NoiseTunnel(method: {"name":"Saliency","options":{}}, samples: 3)',
  );
});

test.run();
