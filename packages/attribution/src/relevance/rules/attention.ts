import { add, div, matMul, mean, mul, sqrt, square, sub, sum, type Tensor } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../../errors.ts";
import { type RelevanceRule, stabilize, type Stabilizer } from "../rule.ts";

/** `x (R - s sum R)` for a softmax `s`: AttnLRP, proposition 3.1. @see https://arxiv.org/abs/2402.05602 */
export function softmaxRule(): RelevanceRule {
  return {
    name: "softmaxRule",
    pass: ({ inputs, output, relevance }) =>
      inputs.map((x) => mul(x, sub(relevance, mul(output, sum(relevance, -1, true))))),
  };
}

/** The same share to each factor of an elementwise product. @see https://arxiv.org/abs/2402.05602 */
export function uniform(): RelevanceRule {
  return {
    name: "uniform",
    pass: ({ inputs, relevance }) => inputs.map(() => div(relevance, inputs.length)),
  };
}

/**
 * The epsilon rule for a product of two computed matrices, half to each: AttnLRP, proposition 3.3.
 *
 * @see https://arxiv.org/abs/2402.05602
 */
export function matMulRule({ stabilizer = 1e-6 }: { readonly stabilizer?: Stabilizer } = {}): RelevanceRule {
  return {
    name: "matMulRule",
    pass({ inputs, output, relevance }) {
      const [a, b] = inputs;
      if (a === undefined || b === undefined)
        throw ruleUnfit("matMulRule", `a place of ${inputs.length} inputs`);
      const s = div(relevance, stabilize(mul(output, 2), stabilizer));
      return [mul(a, matMul(s, b, false, true)), mul(b, matMul(a, s, true, false))];
    },
  };
}

/**
 * The gradient of a layer norm whose deviation is held constant: a modified gradient, not a relevance; tdhook's
 * `LayerNormRule`. Multiply by the input at the end, and do not mix it with rules of relevance.
 */
export function layerNormGradient({
  gamma,
  epsilon = 1e-5,
}: {
  readonly gamma: Tensor;
  readonly epsilon?: number;
}): RelevanceRule {
  return {
    name: "layerNormGradient",
    pass: ({ inputs, relevance }) => inputs.map((x) => detachedNorm(x, relevance, gamma, epsilon, true)),
  };
}

/** The gradient through a norm whose deviation is constant. */
export function detachedNorm(
  x: Tensor,
  gradient: Tensor,
  gain: Tensor,
  epsilon: number,
  isCentered: boolean,
): Tensor {
  const rest = isCentered ? sub(x, mean(x, -1, true)) : x;
  const slope = div(mul(gradient, gain), sqrt(add(mean(square(rest), -1, true), epsilon)));
  return isCentered ? sub(slope, mean(slope, -1, true)) : slope;
}

/**
 * `f(x) / x` in place of an activation's derivative: a modified gradient, not a relevance, of which {@link pass} is the
 * relevance form; tdhook's `PseudoIdentityRule`.
 */
export function identityGradient({
  stabilizer = 1e-6,
}: { readonly stabilizer?: Stabilizer } = {}): RelevanceRule {
  return {
    name: "identityGradient",
    pass: ({ inputs, output, relevance }) =>
      inputs.map((x) => mul(relevance, div(output, stabilize(x, stabilizer)))),
  };
}
