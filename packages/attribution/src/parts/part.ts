import { Module } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** What a place of a model computes, as far as rules of relevance need to tell one from another. */
export type PartKind =
  | "linear"
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
  | "embedding";

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
}

/** What a place computes, declared for rules of relevance. */
export interface PartDescription {
  readonly kind: PartKind;
  /** Present for linear operations. */
  readonly linear?: LinearOperation;
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
