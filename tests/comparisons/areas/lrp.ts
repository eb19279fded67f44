import {
  Activation,
  alphaBeta,
  AveragePool2d,
  betaSmoothRelus,
  type Composite,
  Conv2d,
  deconvnetRelus,
  epsilon,
  epsilonAlpha2Beta1,
  epsilonAlpha2Beta1Flat,
  epsilonGammaBox,
  epsilonPlus,
  epsilonPlusFlat,
  excitationBackprop,
  flat,
  gamma,
  guidedRelus,
  identityGradient,
  LayerNorm,
  layerNormGradient,
  LayerwiseRelevancePropagation,
  Linear,
  MatMul,
  matMulRule,
  norm,
  pass,
  Product,
  type RelevanceRule,
  reluBetaSmooth,
  reluDeconvnet,
  reluGuided,
  selectConcept,
  softmaxRule,
  type Stabilizer,
  stop,
  Sum,
  uniform,
  wSquare,
  zBox,
  zPlus,
} from "@hookdict/attribution";
import { type Hookable, Module } from "@hookdict/core";
import { mul, reshape, stack, sum, type Tensor, tensor1d, unstack } from "@tensorflow/tfjs-core";
import type { Area } from "../area.ts";
import { attributed, classesOf, modelOf } from "../methods/attribute.ts";
import { caseItems, type Compute, type Given } from "../methods/cases.ts";

type Numbers = Readonly<Record<string, number>>;

const composites: Readonly<Record<string, (options: never) => Composite>> = {
  beta_smooth: betaSmoothRelus,
  deconvnet: deconvnetRelus,
  guided_backprop: guidedRelus,
  epsilon_025: epsilonPlus, // with epsilon 0.25 for linear layers
  epsilon_plus: epsilonPlus,
  epsilon_plus_nobias: epsilonPlus,
  epsilon_plus_flat: epsilonPlusFlat,
  epsilon_alpha2_beta1: epsilonAlpha2Beta1,
  epsilon_alpha2_beta1_flat: epsilonAlpha2Beta1Flat,
  epsilon_gamma_box: epsilonGammaBox,
  excitation_backprop: excitationBackprop,
};

/** What a composite takes of a case's options. */
function optionsOf(given: Given): Readonly<Record<string, unknown>> {
  const { options } = given;
  const name = options["composite"];
  if (name === "deconvnet" || name === "guided_backprop") return {};
  if (name === "beta_smooth") return { beta: options["beta"] };
  return {
    epsilon: options["epsilon"],
    ...(options["stabilizer"] !== undefined && { stabilizer: stabilizerOf(options["stabilizer"]) }),
    bias: options["zero_params"] !== "bias",
    ...(name === "epsilon_gamma_box" && {
      gamma: options["gamma"],
      low: given.has("low") ? given.input("low") : options["low"],
      high: given.has("high") ? given.input("high") : options["high"],
    }),
  };
}

const propagation: Compute = (given) => {
  const { options } = given;
  const make = composites[options["composite"] as string];
  if (make === undefined) throw new Error(`no composite ${String(options["composite"])}`);
  const { layer, channel } = (options["condition"] ?? {}) as { layer?: string; channel?: number };
  const composite = make(optionsOf(given) as never); // each takes its own
  const method = new LayerwiseRelevancePropagation({
    composite,
    start: "one",
    mergeBatchNorm: options["merge_batch_norm"] === true,
    ...(layer !== undefined && channel !== undefined && { condition: { site: layer, channel } }),
  });
  return Promise.resolve(attributed(given, method, { role: "relevance" }));
};

const targetLogit: Compute = (given) => {
  const logits = (modelOf(given) as never as { call(x: Tensor): Tensor }).call(given.input("x"));
  const data = logits.dataSync();
  const width = logits.shape[1] ?? 1;
  logits.dispose();
  const chosen = classesOf(given).map((each, b) => data[b * width + each] ?? 0);
  return Promise.resolve({ logit: tensor1d(chosen) });
};

/** A model of one place. */
class Single extends Module {
  readonly layer: Module;

  constructor(layer: Module) {
    super();
    this.layer = layer;
  }

  override forward(...inputs: readonly Tensor[]): Tensor {
    return this.layer.call(...(inputs as never)) as Tensor;
  }
}

function layerOf(given: Given): Module {
  const get = (name: string): Tensor => given.values.get(`model/${name}`);
  switch (given.case.model) {
    case "conv_layer":
      return new Conv2d(
        { kernel: get("conv_layer/kernel"), bias: get("conv_layer/bias") },
        { padding: "same" },
      );
    case "dense_layer":
      return new Linear({ kernel: get("dense_layer/kernel"), bias: get("dense_layer/bias") });
    case "AvgPool2d":
      return new AveragePool2d([2, 2]);
    case "Sum":
      return new Sum();
    case "Mul":
      return new Product();
    case "MatMul":
      return new MatMul();
    case "LayerNorm":
      return new LayerNorm({ gamma: get("lrp_layer_norm/gamma"), beta: get("lrp_layer_norm/beta") });
    case "Tanh":
      return new Activation("tanh");
    case "Softmax":
      return new Activation("softmax");
    default:
      return new Activation("relu");
  }
}

function stabilizerOf(given: unknown): Stabilizer | undefined {
  if (typeof given !== "object" || given === null) return given as number | undefined;
  const {
    epsilon: size,
    clip = false,
    norm_scale: normScale = false,
  } = given as {
    epsilon: number;
    clip?: boolean;
    norm_scale?: boolean;
  };
  return { epsilon: size, clip, normScale };
}

function ruleOf(given: Given): RelevanceRule {
  const { options } = given;
  const stabilizer = stabilizerOf(options["stabilizer"]);
  const own = stabilizer === undefined ? {} : { stabilizer };
  const common = { ...own, bias: options["zero_params"] !== "bias" };
  const { gamma: favour, alpha, beta } = options as Numbers;
  const bound = (name: string): number | Tensor =>
    given.has(name) ? given.input(name) : (options[name] as number);
  const rules: Readonly<Record<string, () => RelevanceRule>> = {
    Epsilon: () => epsilon(common),
    AlphaBeta: () =>
      alphaBeta({ ...common, ...(alpha !== undefined && beta !== undefined && { alpha, beta }) }),
    ZPlus: () => zPlus(common),
    Gamma: () => gamma({ ...common, ...(favour !== undefined && { gamma: favour }) }),
    ZBox: () => zBox({ ...common, low: bound("low"), high: bound("high") }),
    WSquare: () => wSquare(common),
    Flat: () => flat(own),
    Norm: () => norm(own),
    Pass: () => pass(),
    ReLUBetaSmooth: () => reluBetaSmooth({ ...(beta !== undefined && { beta }) }),
    ReLUDeconvNet: () => reluDeconvnet(),
    ReLUGuidedBackprop: () => reluGuided(),
    LayerNormRule: () => layerNormGradient({ gamma: given.values.get("model/lrp_layer_norm/gamma") }),
    PseudoIdentityRule: () => identityGradient(),
    SoftmaxEpsilonRule: () => softmaxRule(),
    StopRule: () => stop(),
    UniformEpsilonRule_matmul: () => matMulRule(),
    UniformRule_mul: () => uniform(),
  };
  const make = rules[options["rule"] as string];
  if (make === undefined) throw new Error(`no rule ${String(options["rule"])}`);
  return make();
}

/** One rule at one place: the relevance that arrives there is the gradient of what the target makes of the output. */
const oneRule: Compute = (given) => {
  const isSum = given.case.model === "Sum";
  const arrives = given.input("relevance_out");
  const inputs = isSum
    ? unstack(given.input("x"), -1)
    : given.has("x")
      ? [given.input("x")]
      : [given.input("a"), given.input("b")];
  const method = new LayerwiseRelevancePropagation({ rules: { layer: ruleOf(given) }, start: "one" });
  const model = new Single(layerOf(given)) as unknown as Hookable<readonly Tensor[], Tensor>;
  using hooked = method.prepare(model);
  using result = hooked.attribute(inputs, {
    target: (output: Tensor) => sum(reshape(mul(output, arrives), [output.shape[0] ?? 1, -1]), 1),
  });
  const places = inputs.length === 1 ? ["input"] : ["input.0", "input.1"];
  const found = places.map((place) => result.get<Tensor>(["attr", place]).clone());
  if (isSum) {
    const whole = stack(found, -1);
    for (const tensor of [...found, ...inputs]) tensor.dispose();
    return Promise.resolve({ relevance: whole });
  }
  const roles = Object.keys(given.case.expected);
  return Promise.resolve(Object.fromEntries(found.map((tensor, i) => [roles[i] ?? "", tensor])));
};

const concept: Compute = ({ input, options }) => {
  const direction = options["direction"] as "positive" | "negative";
  const { positiveMean, negativeMean, ...rest } = selectConcept(
    input("relevance"),
    input("labels"),
    direction,
  );
  return Promise.resolve({ ...rest, positive_mean: positiveMean, negative_mean: negativeMean });
};

/** What computes the cases, by method. */
export const lrpMethods: Readonly<Record<string, Compute>> = {
  lrp: propagation,
  lrp_rule: oneRule,
  target_logit: targetLogit,
  concept_selection: concept,
};

/** Layer-wise relevance propagation: rules, composites, canonizer, conditions. */
export const lrp: Area = {
  name: "lrp",
  at: "methods/cases.json",
  items: (folder) => caseItems(folder, "lrp", lrpMethods),
};
