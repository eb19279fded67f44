import { add, matMul, mul, type Tensor } from "@tensorflow/tfjs-core";
import { checkTensors, needNumber, needShapes, needTensors } from "./check.ts";
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
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`.
 * @see Ainslie et al., https://arxiv.org/abs/2305.13245
 * @example
 * const queries = tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]); // two heads
 * const keys = tf.tensor4d([1, 1], [1, 1, 1, 2]); // one for both
 * attentionScores(queries, keys, undefined, 0.5).dataSync(); // => [1.5, 3.5]
 */
export function attentionScores(
  queries: Tensor,
  keys: Tensor,
  mask: Tensor | undefined,
  scale: number,
): Tensor {
  needTensors("attentionScores", { queries, keys });
  checkTensors("attentionScores", { mask });
  needNumber("attentionScores", "scale", scale);
  needShapes(
    "attentionScores",
    { queries, keys, ...(mask && { mask }) },
    WANTED,
    areFit(queries, keys, mask),
  );
  const [, , heads = 1] = queries.shape;
  return runCustomOp<{ queries: Tensor; keys: Tensor }, Tensor>({
    inputs: { queries, keys },
    forward(save) {
      save([queries, keys]);
      const isWhole =
        mask?.rank === 2 && mask.shape[0] === queries.shape[1] && mask.shape[1] === keys.shape[1];
      const fused = isWhole && runFused("HookdictScores", { queries, keys, mask }, { scale });
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

const WANTED =
  "queries [batch, dest, head, dHead], keys [batch, src, keyHead, dHead], keyHead divides head, mask [dest, src] or what broadcasts to [batch, head, dest, src]";

function areFit(queries: Tensor, keys: Tensor, mask: Tensor | undefined): boolean {
  const [batch, dest, heads = 0, dHead] = queries.shape;
  const [keyBatch, src, keyHeads = 0, keyDHead] = keys.shape;
  if (queries.rank !== 4 || keys.rank !== 4 || batch !== keyBatch || dHead !== keyDHead) return false;
  if (keyHeads === 0 || heads % keyHeads !== 0) return false;
  const wanted = [src, dest, heads, batch];
  return (
    mask === undefined ||
    (mask.rank <= 4 && mask.shape.toReversed().every((n, i) => n === 1 || n === wanted[i]))
  );
}

/** The queries by head, in as many groups as there are heads of keys. */
function grouped(queries: Tensor, keys: Tensor): Tensor {
  return toGroups(byHead(queries), keys.shape[2] ?? 1);
}
