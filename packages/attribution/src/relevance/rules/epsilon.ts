import { checkArgument } from "@hookdict/tensordict";
import { div, mul } from "@tensorflow/tfjs-core";
import { type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { type RelevanceRule, stabilize } from "../rule.ts";

/**
 * `x · W (R / (z + epsilon sign(z)))`, `z = x W + b`: relevance in proportion to contributions.
 *
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140
 */
export function epsilon(options: LinearRuleOptions & { readonly epsilon?: number } = {}): RelevanceRule {
  checkArgument("epsilon", "options", options, "a record");
  const stabilizer = options.stabilizer ?? options.epsilon ?? 1e-6;
  return {
    name: "epsilon",
    options: { ...options, stabilizer },
    pass(passage) {
      const { operation, x, weights } = takeApart("epsilon", passage, options);
      const z = plus(operation.apply(x, weights.kernel), weights.bias);
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [mul(x, operation.adjoint(s, weights.kernel, x.shape))];
    },
  };
}
