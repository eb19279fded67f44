import { add, matMul, mul, type Tensor } from "@tensorflow/tfjs-core";
import { runCustomOp } from "./custom-op.ts";
import { runFused } from "./fused.ts";
import { byHead, byPosition, fromGroups, toGroups } from "./heads.ts";

/**
 * How much every position attends to every other before the softmax: `scale q kᵀ + mask`.
 *
 * Where there are fewer heads of keys than of queries, each serves as many neighbouring heads of queries (grouped-query
 * attention); no key is copied.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param queries `[batch, dest, head, dHead]`.
 * @param keys `[batch, src, keyHead, dHead]`, where `keyHead` divides `head`.
 * @param mask Added: `[dest, src]`, or what broadcasts to `[batch, head, dest, src]`; it gets no gradient. None:
 * `undefined`.
 * @returns `[batch, head, dest, src]`.
 * @see Ainslie et al., https://arxiv.org/abs/2305.13245
 */
export function attentionScores(
  queries: Tensor,
  keys: Tensor,
  mask: Tensor | undefined,
  scale: number,
): Tensor {
  const [, , heads = 1] = queries.shape;
  return runCustomOp<{ queries: Tensor; keys: Tensor }, Tensor>({
    inputs: { queries, keys },
    forward(save) {
      save([queries, keys]);
      const fused = mask?.rank === 2 && runFused("HookdictScores", { queries, keys, mask }, { scale });
      if (fused) return fused[0] as Tensor; // its only output
      const products = matMul(grouped(mul(queries, scale), keys), byHead(keys), false, true);
      const scores = fromGroups(products, heads);
      return mask === undefined ? scores : add(scores, mask);
    },
    gradients(dy, saved) {
      const [queries0, keys0] = saved as [Tensor, Tensor]; // as saved above
      const slope = toGroups(dy, keys0.shape[2] ?? 1);
      return {
        queries: () => mul(byPosition(fromGroups(matMul(slope, byHead(keys0)), heads)), scale),
        keys: () => mul(byPosition(matMul(slope, grouped(queries0, keys0), true)), scale),
      };
    },
  });
}

/** The queries by head, in as many groups as there are heads of keys. */
function grouped(queries: Tensor, keys: Tensor): Tensor {
  return toGroups(byHead(queries), keys.shape[2] ?? 1);
}
