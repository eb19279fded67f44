import { type Option, option, readOptions } from "@hookdict/contexts";
import { isTensor } from "@hookdict/tensordict";
import { broadcastTo, div, fill, mul, sub, type Tensor } from "@tensorflow/tfjs-core";
import { LINEAR_RULE, type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { negative, positive, type RelevanceRule, stabilize } from "../rule.ts";

const bound = option
  .of<number | Tensor>("a number or a tensor", (value) =>
    isTensor(value) ? !value.isDisposed : Number.isFinite(value),
  )
  .required();
export const BOUNDS: Readonly<Record<"low" | "high", Option<number | Tensor, "required">>> = {
  low: bound,
  high: bound,
};
const OPTIONS = { ...LINEAR_RULE, ...BOUNDS };

/**
 * For inputs between two bounds, such as pixels.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function zBox(
  options: LinearRuleOptions & { readonly low: number | Tensor; readonly high: number | Tensor },
): RelevanceRule {
  const read = readOptions("zBox", OPTIONS, options);
  const { low, high, stabilizer } = read;
  return {
    name: "zBox",
    options: read,
    pass(passage) {
      const { operation, x, weights } = takeApart("zBox", passage, read);
      const { kernel, bias } = weights;
      const filled = (value: number | Tensor): Tensor =>
        isTensor(value) ? broadcastTo(value, x.shape) : fill(x.shape, value);
      const [l, h] = [filled(low), filled(high)];
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
