import { readOptions } from "@hookdict/contexts";
import { div, onesLike } from "@tensorflow/tfjs-core";
import { LINEAR_RULE, type LinearRuleOptions, takeApart } from "../linear-rule.ts";
import { type RelevanceRule, stabilize } from "../rule.ts";

const OPTIONS = { stabilizer: LINEAR_RULE.stabilizer };

/**
 * Evenly to all that is connected.
 *
 * @see Lapuschkin et al., https://doi.org/10.1038/s41467-019-08987-4
 */
export function flat(options: Pick<LinearRuleOptions, "stabilizer"> = {}): RelevanceRule {
  const { stabilizer } = readOptions("flat", OPTIONS, options);
  return {
    name: "flat",
    options: { stabilizer },
    pass(passage) {
      const { operation, x, weights } = takeApart("flat", passage, { bias: false });
      const kernel = onesLike(weights.kernel);
      const z = operation.apply(onesLike(x), kernel);
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [operation.adjoint(s, kernel, x.shape)];
    },
  };
}
