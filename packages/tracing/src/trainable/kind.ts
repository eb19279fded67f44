import type { Tensor } from "@tensorflow/tfjs-core";
import type { TrainableSpec } from "./spec.ts";

/** A value to change and what it is changed with. Values are float32 `[..., width]`. */
export interface Change {
  readonly base: Tensor;
  /** `undefined` for kinds without a source. */
  readonly source: Tensor | undefined;
  /** The kind's weights by name. */
  readonly weights: Readonly<Record<string, Tensor>>;
  /** float32 `[dims]`: 1 for the dimensions that the subspaces have. */
  readonly chosen: Tensor;
  readonly temperature: number;
}

/** A kind of intervention: one file for each. */
export interface TrainableKind {
  readonly name: string;
  readonly hasSource: boolean;
  /** How many dimensions a partition divides. */
  dims(spec: TrainableSpec): number;
  /** Shapes of the weights by name, and where they begin. */
  weights(spec: TrainableSpec): Readonly<Record<string, WeightStart>>;
  /** What comes in the base's place. **Ownership:** borrows; returns owned by the active scope. */
  change(values: Change): Tensor;
}

/** A weight's shape and first values. */
export interface WeightStart {
  readonly shape: readonly number[];
  /** Normal numbers of this deviation around `mean`. */
  readonly deviation: number;
  readonly mean: number;
}
