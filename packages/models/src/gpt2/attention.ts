import { HookPoint, Module } from "@hookdict/core";
import { softmax, tidy, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { attentionScores } from "../ops/attention-scores.ts";
import { attentionValues } from "../ops/attention-values.ts";
import { linear } from "../ops/linear.ts";
import type { CausalMask } from "./mask.ts";

/** Weights of an {@link Attention}: matrices `[dModel, dModel]` (in, out), biases `[dModel]`. */
export interface AttentionWeights {
  readonly wQ: Tensor2D;
  readonly bQ: Tensor1D;
  readonly wK: Tensor2D;
  readonly bK: Tensor1D;
  readonly wV: Tensor2D;
  readonly bV: Tensor1D;
  readonly wO: Tensor2D;
  readonly bO: Tensor1D;
}

/** What an {@link Attention} needs to know besides its weights. */
export interface AttentionOptions {
  readonly nHeads: number;
  /** What scores are multiplied by. */
  readonly scale: number;
  readonly mask: CausalMask;
}

const HEADS = ["batch", "pos", "head", "dHead"];
const PAIRS = ["batch", "head", "dest", "src"];

/**
 * Causal self-attention with several heads.
 *
 * Hook points as in TransformerLens: `hook_q`, `hook_k`, `hook_v`, `hook_z` `[batch, pos, head, dHead]`;
 * `hook_attn_scores` (scaled, masked with -Infinity) and `hook_pattern` `[batch, head, dest, src]`.
 */
export class Attention extends Module {
  readonly hook_q: HookPoint = new HookPoint({ axes: HEADS });
  readonly hook_k: HookPoint = new HookPoint({ axes: HEADS });
  readonly hook_v: HookPoint = new HookPoint({ axes: HEADS });
  readonly hook_attn_scores: HookPoint = new HookPoint({ axes: PAIRS });
  readonly hook_pattern: HookPoint = new HookPoint({ axes: PAIRS });
  readonly hook_z: HookPoint = new HookPoint({ axes: HEADS });
  readonly #weights: AttentionWeights;
  readonly #options: AttentionOptions;

  /** **Ownership:** *borrows* the weights and the mask. */
  constructor(weights: AttentionWeights, options: AttentionOptions) {
    super();
    this.#weights = weights;
    this.#options = options;
  }

  get weights(): AttentionWeights {
    return this.#weights;
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dModel"];
  }

  /**
   * @param queries What queries are made from, `[batch, pos, dModel]`; keys and values from the other two.
   * @returns `[batch, pos, dModel]`
   */
  override forward(queries: Tensor, keys: Tensor = queries, values: Tensor = keys): Tensor {
    const { wQ, bQ, wK, bK, wV, bV, wO, bO } = this.#weights;
    const { nHeads: heads, scale, mask } = this.#options;
    return tidy(() => {
      const q = this.hook_q.call(linear(queries, wQ, bQ, { heads }));
      const k = this.hook_k.call(linear(keys, wK, bK, { heads }));
      const v = this.hook_v.call(linear(values, wV, bV, { heads }));
      const scores = this.hook_attn_scores.call(attentionScores(q, k, mask.of(q.shape[1] ?? 1), scale));
      const pattern = this.hook_pattern.call(softmax(scores));
      const z = this.hook_z.call(attentionValues(pattern, v));
      return linear(z, wO, bO, { columns: 2 });
    });
  }
}
