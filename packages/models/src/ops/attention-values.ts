import { matMul, type Tensor } from "@tensorflow/tfjs-core";
import { needShapes, needTensors } from "./check.ts";
import { runCustomOp } from "./custom-op.ts";
import { runFused } from "./fused.ts";
import { byHead, byPosition, fromGroups, toGroups } from "./heads.ts";

/**
 * What every position takes from the values: `pattern v`. Fewer heads of values than of the pattern serve several, as in
 * `attentionScores`.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param pattern `[batch, head, dest, src]`.
 * @param values `[batch, src, keyHead, dHead]`, where `keyHead` divides `head`.
 * @returns `[batch, dest, head, dHead]`.
 * @throws UsageError `OP_ARGUMENT`, ShapeError `OP_SHAPES`.
 * @example
 * const pattern = tf.tensor4d([0.25, 0.75], [1, 1, 1, 2]);
 * const values = tf.tensor4d([4, 8], [1, 2, 1, 1]);
 * attentionValues(pattern, values).dataSync(); // => [7]
 */
export function attentionValues(pattern: Tensor, values: Tensor): Tensor {
  needTensors("attentionValues", { pattern, values });
  const [batch, heads = 1, , src] = pattern.shape;
  const [valueBatch, valueSrc, valueHeads = 0] = values.shape;
  const isSame = batch === valueBatch && src === valueSrc && pattern.rank === 4 && values.rank === 4;
  const wanted =
    "pattern [batch, head, dest, src], values [batch, src, keyHead, dHead], keyHead divides head";
  const fits = isSame && valueHeads > 0 && heads % valueHeads === 0;
  needShapes("attentionValues", { pattern, values }, wanted, fits);
  return runCustomOp<{ pattern: Tensor; values: Tensor }, Tensor>({
    inputs: { pattern, values },
    forward(save) {
      save([pattern, values]);
      const [fused] = runFused("HookdictValues", { pattern, values }) ?? [];
      return fused ?? byPosition(fromGroups(matMul(grouped(pattern, values), byHead(values)), heads));
    },
    gradients(dy, saved) {
      const [pattern0, values0] = saved as [Tensor, Tensor]; // as saved above
      const slope = grouped(byHead(dy), values0);
      return {
        pattern: () => fromGroups(matMul(slope, byHead(values0), false, true), heads),
        values: () => byPosition(matMul(grouped(pattern0, values0), slope, true)),
      };
    },
  });
}

/** What is by head, in as many groups as there are heads of values. */
function grouped(x: Tensor, values: Tensor): Tensor {
  return toGroups(x, values.shape[2] ?? 1);
}
