import { add, div, mul, sqrt, square, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { unitRows } from "./weights.ts";

/**
 * One step of Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with its usual constants: both moments and the weight after it, with rows of
 * length 1 where that is asked. **Ownership:** borrows, returns owned.
 *
 * @param before Both moments and the weight.
 */
export function adamStep(
  [first, second, weight]: readonly [Tensor, Tensor, Tensor],
  change: Tensor,
  {
    step,
    learningRate,
    isUnit,
  }: { readonly step: number; readonly learningRate: number; readonly isUnit: boolean },
): [Tensor, Tensor, Tensor] {
  return tidy<Tensor[]>(() => {
    const m = add(mul(first, 0.9), mul(change, 0.1));
    const v = add(mul(second, 0.999), mul(square(change), 0.001));
    const moved = div(div(m, 1 - 0.9 ** step), add(sqrt(div(v, 1 - 0.999 ** step)), 1e-8));
    const next = sub(weight, mul(moved, learningRate));
    return [m, v, isUnit ? unitRows(next) : next];
  }) as [Tensor, Tensor, Tensor]; // as it was made
}
