import { add, matMul, mul, transpose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { runCustomOp } from "./custom-op.ts";
import { runFused } from "./fused.ts";

/**
 * How much every position attends to every other before the softmax: `scale q kᵀ + mask`.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 *
 * @param queries `[batch, pos, head, dHead]`, as `keys`.
 * @param mask `[dest, src]`; it gets no gradient.
 * @returns `[batch, head, dest, src]`.
 */
export function attentionScores(queries: Tensor, keys: Tensor, mask: Tensor2D, scale: number): Tensor {
  return runCustomOp<{ queries: Tensor; keys: Tensor }, Tensor>({
    inputs: { queries, keys },
    forward(save) {
      save([queries, keys]);
      const [fused] = runFused("HookdictScores", { queries, keys, mask }, { scale }) ?? [];
      return fused ?? add(matMul(byHead(mul(queries, scale)), byHead(keys), false, true), mask);
    },
    gradients(dy, saved) {
      const [queries0, keys0] = saved as [Tensor, Tensor]; // as saved above
      return {
        queries: () => mul(byPosition(matMul(dy, byHead(keys0))), scale),
        keys: () => mul(byPosition(matMul(dy, byHead(queries0), true)), scale),
      };
    },
  });
}

/** `[batch, pos, head, dHead]` as `[batch, head, pos, dHead]`. */
function byHead(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1, 3]);
}

/** `[batch, head, pos, dHead]` as `[batch, pos, head, dHead]`. */
function byPosition(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1, 3]);
}
