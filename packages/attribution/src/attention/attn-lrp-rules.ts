import { abs, div, less, mul, onesLike, type Tensor, where, zerosLike } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../errors.ts";
import { type Composite, gradients } from "../relevance/composites.ts";
import { detachedNorm } from "../relevance/detached-norm.ts";
import type { RelevanceRule } from "../relevance/rule.ts";

/** Below this input an activation's quotient is its derivative. */
const NEARLY_ZERO = 1e-6;

/** `gradient * f(z) / z`, with the derivative where z is nearly 0. */
export function quotient(gradient: Tensor, input: Tensor, output: Tensor, plain: Tensor): Tensor {
  const isSmall = less(abs(input), NEARLY_ZERO);
  const slope = div(output, where(isSmall, onesLike(input), input));
  return where(isSmall, plain, mul(gradient, slope));
}

const activationQuotient: RelevanceRule = {
  name: "activationQuotient",
  pass: ({ inputs, output, relevance, gradients: plain }) => [
    quotient(relevance, inputs[0] as Tensor, output, plain[0] as Tensor), // activations have one input
  ],
};

const constantDeviation: RelevanceRule = {
  name: "constantDeviation",
  pass({ inputs, relevance, part }) {
    const { norm } = part ?? {};
    if (norm === undefined) throw ruleUnfit("constantDeviation", part?.kind ?? "unknown");
    return [detachedNorm(inputs[0] as Tensor, relevance, norm.gain, norm.epsilon, norm.isCentered)]; // norms have one input
  },
};

/** The same share to both factors. */
const half: RelevanceRule = {
  name: "half",
  pass: ({ gradients: plain }) => plain.map((each) => mul(each, 1 / 2)),
};

/** All to the second factor: the first is an attention pattern, which counts as constant. */
const secondOnly: RelevanceRule = {
  name: "secondOnly",
  pass: ({ gradients: plain }) => plain.map((each, i) => (i === 0 ? zerosLike(each) : mul(each, 1))),
};

/**
 * AttnLRP as modified gradients.
 *
 * @param hasSites Whether queries, keys and values are sites, where products of matrices are dealt with.
 */
export function attnLrpRules(variant: "attn" | "cp", hasSites: boolean): Composite {
  const { matMul, ...plain } = gradients();
  return {
    name: "attnLrp",
    kinds: {
      ...plain,
      relu: activationQuotient,
      activation: activationQuotient,
      layerNorm: constantDeviation,
      rmsNorm: constantDeviation,
      product: half,
      ...(matMul && { matMul: hasSites ? matMul : variant === "cp" ? secondOnly : half }),
    },
  };
}
