import type { Tensor } from "@tensorflow/tfjs-core";

/** What a value is steered with. Tensors are *borrowed*. */
export interface SteeringInput {
  /** `[..., width]` */
  readonly value: Tensor;
  /** Directions `[width]`, as they were given. */
  readonly vectors: readonly Tensor[];
  readonly factor: number;
}

/** A way of steering along directions. One file for each, listed in `STEERING_MODES`. */
export interface SteeringMode {
  readonly name: string;
  /** How many directions it takes. */
  readonly vectors: 1 | 2;
  /** What stands in the value's place. **Ownership:** new tensors belong to the scope. */
  steer(input: SteeringInput): Tensor;
}
