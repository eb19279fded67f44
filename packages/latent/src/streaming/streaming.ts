import type { Tensor } from "@tensorflow/tfjs-core";
import type { TensorDict } from "@hookdict/tensordict";
import type { LinearCoefficients } from "../estimators/estimator.ts";

/** An estimator that sees its examples a batch at a time. One file for each, listed in `STREAMING_ESTIMATORS`. */
export interface StreamingEstimator {
  readonly name: string;
  /** How many rows it has seen. */
  readonly rows: number;
  /** Takes in a batch: features `[n, ...]` and targets `[n]` or `[n, outputs]`. **Ownership:** borrows. */
  update(x: Tensor, y: Tensor): Promise<void>;
  /** Of one that needs several passes over the data: ends one. */
  endPass?(): Promise<void>;
  /** Of one that needs several passes: whether more of them would change nothing. */
  readonly isConverged?: boolean;
  /** What it has found so far, as plain data. */
  readonly coefficients: LinearCoefficients;
  /** All that another one needs to go on from here. **Ownership:** returns owned. */
  state(): TensorDict;
  /** Goes on from a state. **Ownership:** borrows. */
  restore(state: TensorDict): Promise<void>;
}
