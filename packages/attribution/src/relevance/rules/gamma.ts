import { type Option, option, readOptions } from "@hookdict/contexts";
import { add, div, greater, less, mul, where, zerosLike, type Tensor } from "@tensorflow/tfjs-core";
import { LINEAR_RULE, type LinearRuleOptions, plus, takeApart } from "../linear-rule.ts";
import { negative, positive, type RelevanceRule, stabilize } from "../rule.ts";

export const GAMMA: { readonly gamma: Option<number, "default"> } = {
  gamma: option.number({ min: 0 }).default(0.25),
};
const OPTIONS = { ...LINEAR_RULE, ...GAMMA };

/**
 * Favours contributions of the output's sign by `gamma`; for inputs of both signs (generalized gamma rule).
 *
 * @see Montavon et al., https://doi.org/10.1007/978-3-030-28954-6_10; Andéol et al., https://arxiv.org/abs/2108.12204
 */
export function gamma(options: LinearRuleOptions & { readonly gamma?: number } = {}): RelevanceRule {
  const read = readOptions("gamma", OPTIONS, options);
  const { gamma: favour, stabilizer } = read;
  return {
    name: "gamma",
    options: read,
    pass(passage) {
      const { operation, x, weights } = takeApart("gamma", passage, read);
      const { kernel, bias } = weights;
      const [xp, xn] = [positive(x), negative(x)];
      const [wp, wn] = [
        add(kernel, mul(positive(kernel), favour)),
        add(kernel, mul(negative(kernel), favour)),
      ];
      const z = plus(operation.apply(x, kernel), operation.weights().bias); // the output's sign, whoever takes a share
      const along = (isThere: Tensor, first: Tensor, second: Tensor, b: Tensor | undefined): Tensor => {
        const total = plus(add(operation.apply(xp, first), operation.apply(xn, second)), b);
        const s = where(isThere, div(passage.relevance, stabilize(total, stabilizer)), zerosLike(z));
        const share = (from: Tensor, by: Tensor): Tensor => mul(from, operation.adjoint(s, by, x.shape));
        return add(share(xp, first), share(xn, second));
      };
      const favoured = (part: (t: Tensor) => Tensor): Tensor | undefined =>
        bias && add(bias, mul(part(bias), favour));
      return [
        add(along(greater(z, 0), wp, wn, favoured(positive)), along(less(z, 0), wn, wp, favoured(negative))),
      ];
    },
  };
}
