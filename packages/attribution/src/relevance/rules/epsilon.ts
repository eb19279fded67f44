import { option, readOptions } from "@hookdict/contexts";
import { div, mul } from "@tensorflow/tfjs-core";
import { LINEAR_RULE, type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { type RelevanceRule, stabilize } from "../rule.ts";

const OPTIONS = { ...LINEAR_RULE, epsilon: option.number({ min: 0 }).default(1e-6) };

/**
 * `x · W (R / (z + epsilon sign(z)))`, `z = x W + b`: relevance in proportion to contributions.
 *
 * @param options.epsilon A number in place of a stabilizer; default 1e-6.
 * @see Bach et al., https://doi.org/10.1371/journal.pone.0130140
 */
export function epsilon(options: LinearRuleOptions & { readonly epsilon?: number } = {}): RelevanceRule {
  const read = readOptions("epsilon", OPTIONS, options);
  const stabilizer = options.stabilizer ?? read.epsilon;
  return {
    name: "epsilon",
    options: { stabilizer, bias: read.bias },
    pass(passage) {
      const { operation, x, weights } = takeApart("epsilon", passage, read);
      const z = plus(operation.apply(x, weights.kernel), weights.bias);
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [mul(x, operation.adjoint(s, weights.kernel, x.shape))];
    },
  };
}
