import { checkArgument } from "@hookdict/tensordict";
import { add, div, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { optionWrong } from "../../errors.ts";
import { type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { negative, positive, type RelevanceRule, stabilize } from "../rule.ts";

/**
 * Positive contributions times alpha less negative ones times beta; `alpha - beta` must be 1. Right for inputs of both
 * signs: what is positive is `x⁺W⁺ + x⁻W⁻`.
 *
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140
 */
export function alphaBeta(
  options: LinearRuleOptions & { readonly alpha?: number; readonly beta?: number } = {},
): RelevanceRule {
  checkArgument("alphaBeta", "options", options, "a record");
  const { alpha = 2, beta = 1, stabilizer = 1e-6 } = options;
  if (!(alpha >= 0 && beta >= 0) || Math.abs(alpha - beta - 1) > 1e-9)
    throw optionWrong(
      "alphaBeta",
      "alpha",
      { alpha, beta },
      "alpha and beta from 0 up with alpha - beta = 1",
    );
  return {
    name: "alphaBeta",
    options: { ...options, alpha, beta, stabilizer },
    pass(passage) {
      const { operation, x, weights } = takeApart("alphaBeta", passage, options);
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
