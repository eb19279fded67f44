import type { Tensor } from "@tensorflow/tfjs-core";

/** What a norm computes with. */
export interface NormWeights {
  /** `[n]` */
  readonly gain: Tensor;
  /** `[n]` of a layer norm; an RMS norm has none. */
  readonly bias: Tensor | undefined;
  readonly epsilon: number;
}

/** What a norm gives where nothing changes it on the way. */
export interface NormSteps {
  /** `[..., 1]`, by which rows are divided. */
  readonly scale: Tensor;
  /** `[..., n]` */
  readonly normalized: Tensor;
  /** `normalized`, times the gain, plus the bias where there is one. */
  readonly output: Tensor;
}
