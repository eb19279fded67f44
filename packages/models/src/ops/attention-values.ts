import { matMul, type Tensor } from "@tensorflow/tfjs-core";
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
 */
export function attentionValues(pattern: Tensor, values: Tensor): Tensor {
  const [, heads = 1] = pattern.shape;
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
