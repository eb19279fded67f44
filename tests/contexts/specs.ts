import { HookPoint, Module } from "@hookdict/core";
import type { HookSpec } from "@hookdict/contexts";
import { softmax, type Tensor } from "@tensorflow/tfjs-core";

/** Values as a specification has them. */
export const data = (
  values: readonly number[],
  shape: readonly number[] = [],
): { shape: readonly number[]; values: readonly number[] } => ({
  shape,
  values,
});

/** A softmax over given scores. */
export class Attention extends Module {
  readonly hook_attn_scores: HookPoint = new HookPoint({ axes: ["dest", "src"] });
  override forward(scores: Tensor): Tensor {
    return softmax(this.hook_attn_scores.call(scores));
  }
}

/** A knockout in {@link Attention}. */
export const cut = (values: readonly number[], shape: readonly number[]): HookSpec => ({
  interventions: [{ kind: "knockout", at: "hook_attn_scores", mask: data(values, shape) }],
});
