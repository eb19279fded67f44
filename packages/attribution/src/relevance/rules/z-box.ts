import { checkArgument, isTensor } from "@hookdict/tensordict";
import { broadcastTo, div, fill, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { negative, positive, type RelevanceRule, stabilize } from "../rule.ts";

/**
 * For inputs between two bounds, such as pixels.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function zBox(
  options: LinearRuleOptions & { readonly low: number | Tensor; readonly high: number | Tensor },
): RelevanceRule {
  checkArgument("zBox", "options", options, "a record");
  const { low, high, stabilizer = 1e-6 } = options;
  return {
    name: "zBox",
    options: { ...options, stabilizer },
    pass(passage) {
      const { operation, x, weights } = takeApart("zBox", passage, options);
      const { kernel, bias } = weights;
      const bound = (value: number | Tensor): Tensor =>
        isTensor(value) ? broadcastTo(value, x.shape) : fill(x.shape, value);
      const [l, h] = [bound(low), bound(high)];
      const [wp, wn] = [positive(kernel), negative(kernel)];
      const top = plus(operation.apply(x, kernel), bias);
      const below = plus(operation.apply(l, wp), bias && positive(bias));
      const above = plus(operation.apply(h, wn), bias && negative(bias));
      const s = div(passage.relevance, stabilize(sub(sub(top, below), above), stabilizer));
      const share = (from: Tensor, by: Tensor): Tensor => mul(from, operation.adjoint(s, by, x.shape));
      return [sub(sub(share(x, kernel), share(l, wp)), share(h, wn))];
    },
  };
}
