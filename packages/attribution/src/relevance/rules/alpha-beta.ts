import { option, optionInvalid, readOptions } from "@hookdict/contexts";
import { add, div, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { LINEAR_RULE, type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { negative, positive, type RelevanceRule, stabilize } from "../rule.ts";

const OPTIONS = {
  ...LINEAR_RULE,
  alpha: option.number({ min: 0 }).default(2),
  beta: option.number({ min: 0 }).default(1),
};

/**
 * Positive contributions times alpha less negative ones times beta; `alpha - beta` must be 1. Right for inputs of both
 * signs: what is positive is `x⁺W⁺ + x⁻W⁻`.
 *
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140
 */
export function alphaBeta(
  options: LinearRuleOptions & { readonly alpha?: number; readonly beta?: number } = {},
): RelevanceRule {
  const read = readOptions("alphaBeta", OPTIONS, options);
  const { alpha, beta, stabilizer } = read;
  if (Math.abs(alpha - beta - 1) > 1e-9)
    throw optionInvalid("alphaBeta", "alpha", alpha, `what is 1 more than beta, which is ${beta}`);
  return {
    name: "alphaBeta",
    options: read,
    pass(passage) {
      const { operation, x, weights } = takeApart("alphaBeta", passage, read);
      const [xp, xn] = [positive(x), negative(x)];
      const [wp, wn] = [positive(weights.kernel), negative(weights.kernel)];
      const { bias } = weights;
      /** Relevance along one sign of contributions. */
      const along = (first: Tensor, second: Tensor, b: Tensor | undefined): Tensor => {
        const z = plus(add(operation.apply(xp, first), operation.apply(xn, second)), b);
        const s = div(passage.relevance, stabilize(z, stabilizer));
        const share = (from: Tensor, kernel: Tensor): Tensor =>
          mul(from, operation.adjoint(s, kernel, x.shape));
        return add(share(xp, first), share(xn, second));
      };
      const up = mul(along(wp, wn, bias && positive(bias)), alpha);
      return [beta === 0 ? up : sub(up, mul(along(wn, wp, bias && negative(bias)), beta))];
    },
  };
}
