import { tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { rowsOf } from "./scores.ts";

/** How concentrated attributions are, each `[batch]`; 0 where they are 0 everywhere. **Ownership:** owned by the receiver. */
export interface Complexity {
  /** Gini index of the magnitudes: 0 even, towards 1 concentrated. */
  readonly gini: Tensor;
  /** Entropy of the magnitudes' shares, in nats. */
  readonly entropy: Tensor;
  /** How many magnitudes are above a tenth of the largest, int32. */
  readonly effective: Tensor;
}

/**
 * How concentrated attributions are. **Ownership:** borrows; returns owned.
 *
 * @see Chalasani et al., https://arxiv.org/abs/1810.06583; Bhatt, Weller and Moura, https://arxiv.org/abs/2005.00631
 * @example
 * complexity(tensor2d([[1, 1]])).gini.dataSync()[0]; // => 0
 */
export function complexity(attribution: Tensor): Complexity {
  const rows = rowsOf(attribution).map((row) => row.map(Math.abs).sort());
  return {
    gini: tensor1d(rows.map(gini)),
    entropy: tensor1d(rows.map(entropy)),
    effective: tensor1d(
      rows.map((row) => row.filter((each) => each > 0.1 * (row.at(-1) ?? 0)).length),
      "int32",
    ),
  };
}

function total(row: Float64Array): number {
  return row.reduce((a, b) => a + b, 0);
}

function gini(row: Float64Array): number {
  const weighted = row.reduce((sum, each, i) => sum + (2 * (i + 1) - row.length - 1) * each, 0);
  return weighted === 0 ? 0 : weighted / (row.length * total(row));
}

function entropy(row: Float64Array): number {
  const whole = total(row);
  return -row.reduce((sum, each) => (each === 0 ? sum : sum + (each / whole) * Math.log(each / whole)), 0);
}
