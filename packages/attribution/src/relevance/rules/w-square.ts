import { checkArgument } from "@hookdict/tensordict";
import { div, onesLike, square } from "@tensorflow/tfjs-core";
import { type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { type RelevanceRule, stabilize } from "../rule.ts";

/**
 * In proportion to squared weights, whatever the input.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function wSquare(options: LinearRuleOptions = {}): RelevanceRule {
  checkArgument("wSquare", "options", options, "a record");
  const { stabilizer = 1e-6 } = options;
  return {
    name: "wSquare",
    options: { ...options, stabilizer },
    pass(passage) {
      const { operation, x, weights } = takeApart("wSquare", passage, options);
      const kernel = square(weights.kernel);
      const z = plus(operation.apply(onesLike(x), kernel), weights.bias && square(weights.bias));
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [operation.adjoint(s, kernel, x.shape)];
    },
  };
}
