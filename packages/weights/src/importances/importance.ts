import type { Hookable, Weight } from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** One way to say how much the values of weights count. */
export interface Importance<O extends object = object> {
  readonly name: string;
  /** Options that must be given, functions all. */
  readonly needs: readonly (keyof O & string)[];
  /**
   * Scores of each weight's values, the smaller the less they count.
   *
   * **Ownership:** *borrows* what the options hold; *returns owned*.
   */
  score(model: Hookable, weights: readonly Weight[], options: O): readonly Tensor[];
}

/** Options of importances that need gradients. */
export interface LossOptions {
  /** Runs the model and returns a scalar of its output, such as the mean cross-entropy of a batch. */
  readonly loss: () => Tensor;
}

/** Options of importances that need what weights are multiplied with. */
export interface CalibrationOptions {
  /** Runs the model on calibration data, as often as it takes. */
  readonly run: () => unknown;
}
