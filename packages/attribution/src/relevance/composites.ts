import { checkArgument } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { PartKind } from "../parts/part.ts";
import type { LinearRuleOptions } from "./linear-rule.ts";
import { describeRule, type RelevanceRule } from "./rule.ts";
import { alphaBeta } from "./rules/alpha-beta.ts";
import { epsilon } from "./rules/epsilon.ts";
import { flat } from "./rules/flat.ts";
import { gamma } from "./rules/gamma.ts";
import { gradient } from "./rules/gradient.ts";
import { norm } from "./rules/norm.ts";
import { pass } from "./rules/pass.ts";
import { reluBetaSmooth } from "./rules/relu-beta-smooth.ts";
import { reluDeconvnet } from "./rules/relu-deconvnet.ts";
import { reluGuided } from "./rules/relu-guided.ts";
import { zBox } from "./rules/z-box.ts";
import { zPlus } from "./rules/z-plus.ts";

/** Which rule stands at which kind of place; kinds that it does not name are missing. */
export interface Composite {
  readonly name: string;
  readonly kinds: Readonly<Partial<Record<PartKind, RelevanceRule>>>;
  /** The rule of the first linear layer or convolution, where it is another. */
  readonly first?: RelevanceRule;
  /** Which kinds of place may be that first one. Default linear layers and convolutions. */
  readonly firstOf?: readonly PartKind[];
}

/** A composite as plain data: its name and what its rules were made with. */
export function describeComposite({ name, kinds, first, firstOf }: Composite): unknown {
  const rules = Object.entries(kinds).map(([kind, rule]) => [kind, describeRule(rule)] as const);
  return {
    composite: name,
    ...Object.fromEntries(rules),
    ...(first && { first: describeRule(first) }),
    ...(firstOf && { firstOf }),
  };
}

/** Options of composites. */
export interface CompositeOptions extends LinearRuleOptions {
  /** Of the epsilon rule. Default 1e-6. */
  readonly epsilon?: number;
}

/** What composites of relevance share: activations and norms pass, sums and averages split in proportion. */
function layerMap({ stabilizer = 1e-6 }: CompositeOptions): Composite["kinds"] {
  return {
    relu: pass(),
    activation: pass(),
    batchNorm: pass(),
    sum: norm({ stabilizer }),
    averagePool: norm({ stabilizer }),
    maxPool: gradient(),
    reshape: gradient(),
  };
}

function composite(
  name: string,
  options: CompositeOptions,
  convolution: RelevanceRule,
  first?: RelevanceRule,
): Composite {
  const { epsilon: size = 1e-6, bias = true } = options;
  return {
    name,
    kinds: { ...layerMap(options), linear: epsilon({ epsilon: size, bias }), convolution },
    ...(first !== undefined && { first }),
  };
}

/** Epsilon everywhere. */
export function epsilonEverywhere(options: CompositeOptions = {}): Composite {
  checkArgument("epsilonEverywhere", "options", options, "a record");
  const { epsilon: size = 1e-6, bias = true } = options;
  return composite("epsilonEverywhere", options, epsilon({ epsilon: size, bias }));
}

/** Epsilon for linear layers, z-plus for convolutions. */
export function epsilonPlus(options: CompositeOptions = {}): Composite {
  checkArgument("epsilonPlus", "options", options, "a record");
  return composite("epsilonPlus", options, zPlus(options));
}

/** {@link epsilonPlus} with the flat rule first. */
export function epsilonPlusFlat(options: CompositeOptions = {}): Composite {
  checkArgument("epsilonPlusFlat", "options", options, "a record");
  return composite("epsilonPlusFlat", options, zPlus(options), flat(options));
}

/** Epsilon for linear layers, alpha 2 and beta 1 for convolutions. */
export function epsilonAlpha2Beta1(options: CompositeOptions = {}): Composite {
  checkArgument("epsilonAlpha2Beta1", "options", options, "a record");
  return composite("epsilonAlpha2Beta1", options, alphaBeta({ ...options, alpha: 2, beta: 1 }));
}

/** {@link epsilonAlpha2Beta1} with the flat rule first. */
export function epsilonAlpha2Beta1Flat(options: CompositeOptions = {}): Composite {
  checkArgument("epsilonAlpha2Beta1Flat", "options", options, "a record");
  return composite(
    "epsilonAlpha2Beta1Flat",
    options,
    alphaBeta({ ...options, alpha: 2, beta: 1 }),
    flat(options),
  );
}

/**
 * Epsilon for linear layers, gamma for convolutions, bounds of the input for the first convolution. A model without
 * convolutions has none: give `rules` with {@link zBox} for its first layer.
 */
export function epsilonGammaBox(
  options: CompositeOptions & {
    readonly low: number | Tensor;
    readonly high: number | Tensor;
    readonly gamma?: number;
  },
): Composite {
  checkArgument("epsilonGammaBox", "options", options, "a record");
  return {
    ...composite("epsilonGammaBox", options, gamma(options), zBox(options)),
    firstOf: ["convolution"],
  };
}

/** Positive contributions everywhere, plain gradients elsewhere. @see Zhang et al., https://arxiv.org/abs/1608.00507 */
export function excitationBackprop(options: CompositeOptions = {}): Composite {
  checkArgument("excitationBackprop", "options", options, "a record");
  const rule = zPlus(options);
  return {
    name: "excitationBackprop",
    kinds: {
      ...gradients(),
      linear: rule,
      convolution: rule,
      sum: norm(options),
      averagePool: norm(options),
    },
  };
}

/** Plain gradients at every kind of place. */
export function gradients(): Composite["kinds"] {
  const kinds: readonly PartKind[] = [
    "linear",
    "convolution",
    "batchNorm",
    "layerNorm",
    "rmsNorm",
    "relu",
    "activation",
    "softmax",
    "averagePool",
    "maxPool",
    "sum",
    "product",
    "matMul",
    "reshape",
  ];
  return Object.fromEntries(kinds.map((kind) => [kind, gradient()]));
}

/** Gradients with guided ReLUs. */
export function guidedRelus(): Composite {
  return { name: "guidedRelus", kinds: { ...gradients(), relu: reluGuided() } };
}

/** Gradients of which every place passes what is positive: what tdhook does. */
export function guidedEverywhere(): Composite {
  const kinds = Object.keys(gradients()).map((kind) => [kind, reluGuided()]);
  return { name: "guidedEverywhere", kinds: Object.fromEntries(kinds) as Composite["kinds"] };
}

/** Gradients with ReLUs that pass what is positive. */
export function deconvnetRelus(): Composite {
  return { name: "deconvnetRelus", kinds: { ...gradients(), relu: reluDeconvnet() } };
}

/** Gradients with smooth ReLUs. */
export function betaSmoothRelus(options: { readonly beta?: number } = {}): Composite {
  checkArgument("betaSmoothRelus", "options", options, "a record");
  return { name: "betaSmoothRelus", kinds: { ...gradients(), relu: reluBetaSmooth(options) } };
}
