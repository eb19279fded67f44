import { checkArgument } from "@hookdict/tensordict";
import { div, matMul, mul } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../../errors.ts";
import { type RelevanceRule, stabilize, type Stabilizer } from "../rule.ts";

/**
 * The epsilon rule for a product of two computed matrices, half to each: AttnLRP, proposition 3.3.
 *
 * @see https://arxiv.org/abs/2402.05602
 */
export function matMulRule(options: { readonly stabilizer?: Stabilizer } = {}): RelevanceRule {
  checkArgument("matMulRule", "options", options, "a record");
  const { stabilizer = 1e-6 } = options;
  return {
    name: "matMulRule",
    options: { stabilizer },
    pass({ inputs, output, relevance }) {
      const [a, b] = inputs;
      if (a === undefined || b === undefined)
        throw ruleUnfit("matMulRule", `a place of ${inputs.length} inputs`);
      const s = div(relevance, stabilize(mul(output, 2), stabilizer));
      return [mul(a, matMul(s, b, false, true)), mul(b, matMul(a, s, true, false))];
    },
  };
}
