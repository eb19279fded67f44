import { Module } from "@hookdict/core";
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs-core";
import { linear, type LinearAxes } from "../ops/linear.ts";
import { linearByHead } from "./split-heads.ts";
import type { ModelWeights } from "./weights.ts";

/** What computes several linear layers of one input at once. */
export interface JoinedLinears {
  /** What is known already of a layer for this input and its weights; owned. */
  of(part: Linear, x: Tensor): Tensor | undefined;
}

/**
 * A matrix, with a bias where the family has one: a projection of attention, of an MLP or of the stream. One whose output
 * is split into heads takes an input for each of these as well, `[batch, pos, head, dModel]`.
 */
export class Linear extends Module {
  /** `[in, out]` */
  readonly weight: Tensor2D;
  /** `[out]` */
  readonly bias: Tensor1D | undefined;
  readonly #axes: readonly string[];
  readonly #layout: LinearAxes;
  #joined: JoinedLinears | undefined;

  /**
   * **Ownership:** *borrows* the weights.
   *
   * @param axes Names of the output's axes.
   */
  constructor(weights: ModelWeights, path: string, axes: readonly string[], layout: LinearAxes = {}) {
    super();
    this.weight = weights.get(`${path}.weight`);
    this.bias = weights.find(`${path}.bias`);
    this.#axes = axes;
    this.#layout = layout;
  }

  /** Has the layer ask there before it computes. */
  join(joined: JoinedLinears): void {
    this.#joined = joined;
  }

  override get axes(): readonly string[] {
    return this.#axes;
  }

  override forward(x: Tensor): Tensor {
    const { heads } = this.#layout;
    if (heads !== undefined && x.rank === 4) return linearByHead(x, this.weight, this.bias, heads);
    return this.#joined?.of(this, x) ?? linear(x, this.weight, this.bias, this.#layout);
  }
}
