import { Module } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What a place of a model computes, as far as rules of relevance need to tell one from another. */
export type PartKind =
  | "linear"
  /** An offset that the linear operation before it accounts for: relevance passes as it arrives, by no rule. */
  | "bias"
  | "convolution"
  | "batchNorm"
  | "layerNorm"
  | "rmsNorm"
  | "relu"
  | "activation"
  | "softmax"
  | "averagePool"
  | "maxPool"
  | "sum"
  | "product"
  | "matMul"
  | "reshape"
  | "embedding"
  /** Numbers that do not depend smoothly on the input, such as shapes: nothing flows back, by no rule. */
  | "constant";

/** Weights of a linear operation, `[in, out]` or `[height, width, in, out]`, and of its bias, `[out]`. */
export interface LinearWeights {
  readonly kernel: Tensor;
  readonly bias: Tensor | undefined;
}

/**
 * A linear operation taken apart. **Ownership:** each function borrows its arguments and returns owned (by the active
 * scope).
 */
export interface LinearOperation {
  /** What the operation computes with, now. */
  weights(): LinearWeights;
  /** `x · kernel`, without a bias. */
  apply(x: Tensor, kernel: Tensor): Tensor;
  /** The transposed map of {@link LinearOperation.apply}: `s · kernelᵀ`, of the shape of `x`. */
  adjoint(s: Tensor, kernel: Tensor, shape: readonly number[]): Tensor;
  /** Shape of one number for each output channel, to multiply a kernel by. Default `[out]`, the kernel's last axis. */
  readonly perChannel?: readonly number[];
  /** Whether the weights stand for more than the model's own operation: a norm is merged into them. */
  readonly isMerged?: boolean;
}

/** A factor and an offset of each channel. **Ownership:** returns owned (by the active scope). */
export type Affine = () => { readonly factor: Tensor; readonly offset: Tensor };

/** A norm over the last axis. **Ownership:** *borrows* the gain. */
export interface NormDescription {
  /** `[channel]` */
  readonly gain: Tensor;
  readonly epsilon: number;
  /** Whether the mean is taken off first: layer norm, not RMS norm. */
  readonly isCentered: boolean;
}

/** What a place computes, declared for rules of relevance. */
export interface PartDescription {
  readonly kind: PartKind;
  /** Present for linear operations. */
  readonly linear?: LinearOperation;
  /** Computes it again; needed for activations and maxima. **Ownership:** as {@link LinearOperation}. */
  readonly forward?: (x: Tensor) => Tensor;
  /** Present for batch norms that can be merged into the layer before them. */
  readonly affine?: Affine;
  /** Present for layer norms and RMS norms. */
  readonly norm?: NormDescription;
}

const BRAND = Symbol.for("@hookdict/attribution/part");

/** A module that declares what it computes: what rules of relevance act on. */
export abstract class Part extends Module {
  static {
    Object.defineProperty(Part.prototype, BRAND, { value: true });
  }

  /** What the module computes. */
  abstract readonly part: PartDescription;
}

/** Whether a value is a {@link Part}, of this copy of the package or of another. */
export function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && BRAND in value;
}
