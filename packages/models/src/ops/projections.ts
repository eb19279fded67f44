import { isTaping } from "@hookdict/tensordict/tensors";
import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";
import { runFused } from "./fused.ts";

/** A matrix `[in, out]`, and a bias `[out]` where there is one. */
export interface Projection {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
}

/** Up to so many rows the products are read from memory longer than they are computed: then they are worth one operation. */
const FEW = 8;

/**
 * What queries, keys and values are made of one input, as three `linear` layers give them. `undefined` where they are not worth one
 * operation, or the backend has none, or gradients are recorded.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param x `[batch, pos, dModel]`
 */
export function projections(
  x: Tensor,
  [queries, keys, values]: readonly [Projection, Projection, Projection],
  heads: number,
  keyHeads: number,
): Tensor[] | undefined {
  const biases = [queries.bias, keys.bias, values.bias].filter((each) => each !== undefined);
  const isWorth = x.rank === 3 && x.size <= FEW * (queries.weight.shape[0] ?? 0);
  if (!isWorth || isTaping() || (biases.length > 0 && biases.length < 3)) return undefined;
  const [bq, bk, bv] = biases;
  const added: NamedTensorMap = bq && bk && bv ? { bq, bk, bv } : {};
  const weights = { wq: queries.weight, wk: keys.weight, wv: values.weight };
  return runFused("HookdictProjections", { x, ...weights, ...added }, { heads, keyHeads });
}
