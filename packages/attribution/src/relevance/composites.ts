import { option, readOptions, type ValuesOf } from "@hookdict/contexts";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { PartKind } from "../parts/part.ts";
import { LINEAR_RULE, type LinearRuleOptions } from "./linear-rule.ts";
import { describeRule, isRule, type RelevanceRule } from "./rule.ts";
import { alphaBeta } from "./rules/alpha-beta.ts";
import { epsilon } from "./rules/epsilon.ts";
import { flat } from "./rules/flat.ts";
import { GAMMA, gamma } from "./rules/gamma.ts";
import { gradient } from "./rules/gradient.ts";
import { norm } from "./rules/norm.ts";
import { pass } from "./rules/pass.ts";
import { reluBetaSmooth } from "./rules/relu-beta-smooth.ts";
import { reluDeconvnet } from "./rules/relu-deconvnet.ts";
import { reluGuided } from "./rules/relu-guided.ts";
import { BOUNDS, zBox } from "./rules/z-box.ts";
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

/** Whether what plain JavaScript may give is a composite. */
export function isComposite(value: unknown): boolean {
  const { name, kinds } = (value ?? {}) as Partial<Record<keyof Composite, unknown>>; // anything
  const isRecord = typeof kinds === "object" && kinds !== null;
  return typeof name === "string" && isRecord && Object.values(kinds).every(isRule);
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

const OPTIONS = { ...LINEAR_RULE, epsilon: option.number({ min: 0 }).default(1e-6) };

type Read = ValuesOf<typeof OPTIONS>;

/** The options that rules of linear operations have. */
function linear({ stabilizer, bias }: Read): Required<LinearRuleOptions> {
  return { stabilizer, bias };
}

/** What composites of relevance share: activations and norms pass, sums and averages split in proportion. */
function layerMap({ stabilizer }: Read): Composite["kinds"] {
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
  options: Read,
  convolution: RelevanceRule,
  first?: RelevanceRule,
): Composite {
  return {
    name,
    kinds: { ...layerMap(options), linear: epsilonOf(options), convolution },
    ...(first !== undefined && { first }),
  };
}

function flatOf({ stabilizer }: Read): RelevanceRule {
  return flat({ stabilizer });
}

function epsilonOf({ epsilon: size, bias }: Read): RelevanceRule {
  return epsilon({ epsilon: size, bias });
}

/** Epsilon everywhere. */
export function epsilonEverywhere(options: CompositeOptions = {}): Composite {
  const read = readOptions("epsilonEverywhere", OPTIONS, options);
  return composite("epsilonEverywhere", read, epsilonOf(read));
}

/** Epsilon for linear layers, z-plus for convolutions. */
export function epsilonPlus(options: CompositeOptions = {}): Composite {
  const read = readOptions("epsilonPlus", OPTIONS, options);
  return composite("epsilonPlus", read, zPlus(linear(read)));
}

/** {@link epsilonPlus} with the flat rule first. */
export function epsilonPlusFlat(options: CompositeOptions = {}): Composite {
  const read = readOptions("epsilonPlusFlat", OPTIONS, options);
  return composite("epsilonPlusFlat", read, zPlus(linear(read)), flatOf(read));
}

/** Epsilon for linear layers, alpha 2 and beta 1 for convolutions. */
export function epsilonAlpha2Beta1(options: CompositeOptions = {}): Composite {
  const read = readOptions("epsilonAlpha2Beta1", OPTIONS, options);
  return composite("epsilonAlpha2Beta1", read, alphaBeta({ ...linear(read), alpha: 2, beta: 1 }));
}

/** {@link epsilonAlpha2Beta1} with the flat rule first. */
export function epsilonAlpha2Beta1Flat(options: CompositeOptions = {}): Composite {
  const read = readOptions("epsilonAlpha2Beta1Flat", OPTIONS, options);
  return composite(
    "epsilonAlpha2Beta1Flat",
    read,
    alphaBeta({ ...linear(read), alpha: 2, beta: 1 }),
    flatOf(read),
  );
}

const GAMMA_BOX = { ...OPTIONS, ...GAMMA, ...BOUNDS };

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
  const { low, high, gamma: favour, ...read } = readOptions("epsilonGammaBox", GAMMA_BOX, options);
  const box = zBox({ ...linear(read), low, high });
  return {
    ...composite("epsilonGammaBox", read, gamma({ ...linear(read), gamma: favour }), box),
    firstOf: ["convolution"],
  };
}

/** Positive contributions everywhere, plain gradients elsewhere. @see Zhang et al., https://arxiv.org/abs/1608.00507 */
export function excitationBackprop(options: CompositeOptions = {}): Composite {
  const read = readOptions("excitationBackprop", OPTIONS, options);
  const { stabilizer } = read;
  const rule = zPlus(linear(read));
  return {
    name: "excitationBackprop",
    kinds: {
      ...gradients(),
      linear: rule,
      convolution: rule,
      sum: norm({ stabilizer }),
      averagePool: norm({ stabilizer }),
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
  return { name: "betaSmoothRelus", kinds: { ...gradients(), relu: reluBetaSmooth(options) } };
}
