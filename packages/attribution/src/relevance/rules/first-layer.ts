import { broadcastTo, div, fill, mul, onesLike, square, sub, type Tensor } from "@tensorflow/tfjs-core";
import { isTensor } from "@hookdict/tensordict";
import { negative, positive, type RelevanceRule, stabilize } from "../rule.ts";
import { type LinearRuleOptions, plus, takeApart } from "./epsilon.ts";

/**
 * For inputs between two bounds, such as pixels.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function zBox(
  options: LinearRuleOptions & { readonly low: number | Tensor; readonly high: number | Tensor },
): RelevanceRule {
  const { low, high, stabilizer = 1e-6 } = options;
  return {
    name: "zBox",
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

/**
 * In proportion to squared weights, whatever the input.
 *
 * @see Montavon et al., https://arxiv.org/abs/1512.02479
 */
export function wSquare(options: LinearRuleOptions = {}): RelevanceRule {
  return {
    name: "wSquare",
    pass(passage) {
      const { operation, x, weights } = takeApart("wSquare", passage, options);
      const kernel = square(weights.kernel);
      const z = plus(operation.apply(onesLike(x), kernel), weights.bias && square(weights.bias));
      const s = div(passage.relevance, stabilize(z, options.stabilizer ?? 1e-6));
      return [operation.adjoint(s, kernel, x.shape)];
    },
  };
}

/**
 * Evenly to all that is connected.
 *
 * @see Lapuschkin et al., https://doi.org/10.1038/s41467-019-08987-4
 */
export function flat(options: Pick<LinearRuleOptions, "stabilizer"> = {}): RelevanceRule {
  return {
    name: "flat",
    pass(passage) {
      const { operation, x, weights } = takeApart("flat", passage, options);
      const kernel = onesLike(weights.kernel);
      const z = operation.apply(onesLike(x), kernel);
      const s = div(passage.relevance, stabilize(z, options.stabilizer ?? 1e-6));
      return [operation.adjoint(s, kernel, x.shape)];
    },
  };
}
