import { checkArgument } from "@hookdict/tensordict";
import { div, onesLike } from "@tensorflow/tfjs-core";
import { type LinearRuleOptions, takeApart } from "../linear-rule.ts";
import { type RelevanceRule, stabilize } from "../rule.ts";

/**
 * Evenly to all that is connected.
 *
 * @see Lapuschkin et al., https://doi.org/10.1038/s41467-019-08987-4
 */
export function flat(options: Pick<LinearRuleOptions, "stabilizer"> = {}): RelevanceRule {
  checkArgument("flat", "options", options, "a record");
  const { stabilizer = 1e-6 } = options;
  return {
    name: "flat",
    options: { stabilizer },
    pass(passage) {
      const { operation, x, weights } = takeApart("flat", passage, options);
      const kernel = onesLike(weights.kernel);
      const z = operation.apply(onesLike(x), kernel);
      const s = div(passage.relevance, stabilize(z, stabilizer));
      return [operation.adjoint(s, kernel, x.shape)];
    },
  };
}
