import { readOptions } from "@hookdict/contexts";
import { div, onesLike, square } from "@tensorflow/tfjs-core";
import { LINEAR_RULE, type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { type RelevanceRule, stabilize } from "../rule.ts";

/**
 * In proportion to squared weights, whatever the input.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function wSquare(options: LinearRuleOptions = {}): RelevanceRule {
  const read = readOptions("wSquare", LINEAR_RULE, options);
  const { stabilizer } = read;
  return {
    name: "wSquare",
    options: read,
    pass(passage) {
      const { operation, x, weights } = takeApart("wSquare", passage, read);
      const kernel = square(weights.kernel);
      const z = plus(operation.apply(onesLike(x), kernel), weights.bias && square(weights.bias));
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [operation.adjoint(s, kernel, x.shape)];
    },
  };
}
