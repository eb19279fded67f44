import { readOptions } from "@hookdict/contexts";
import { div, mul, onesLike } from "@tensorflow/tfjs-core";
import { ruleUnfit } from "../../errors.ts";
import { type RelevanceRule, stabilize, STABILIZER, type Stabilizer } from "../rule.ts";

const OPTIONS = { stabilizer: STABILIZER };

/** In proportion to what each entry contributes: sums of branches, and average pooling. */
export function norm(options: { readonly stabilizer?: Stabilizer } = {}): RelevanceRule {
  const { stabilizer } = readOptions("norm", OPTIONS, options);
  return {
    name: "norm",
    options: { stabilizer },
    pass({ inputs, output, relevance, part }) {
      const s = div(relevance, stabilize(output, stabilizer));
      if (part?.kind === "sum") return inputs.map((each) => mul(each, s));
      const [x] = inputs;
      if (part?.linear === undefined || x === undefined) throw ruleUnfit("norm", part?.kind ?? "unknown");
      return [mul(x, part.linear.adjoint(s, onesLike(s), x.shape))];
    },
  };
}
