import { isTaping } from "@hookdict/tensordict/tensors";
import {
  concat,
  gather,
  getBackend,
  max,
  min,
  tensor1d,
  type Tensor2D,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";

/** Products of fewer numbers are not worth a look at the rows. */
const WORTH = 2 ** 24;

/** Backends on which a few numbers are read at once, without waiting for what else is under way. */
const AT_ONCE: readonly string[] = ["tensorflow", "wasm", "cpu"];

/**
 * A linear map of gradients, row by row, where rows that are 0 throughout are left out of the work: those of all positions
 * but one, where that one's logits are explained.
 *
 * **Ownership:** *borrows*; *returns owned*.
 *
 * @param dy `[rows, n]`.
 * @param width How long the rows are that the map makes.
 */
export function ofRowsThatCount(dy: Tensor2D, width: number, map: (rows: Tensor2D) => Tensor2D): Tensor2D {
  const [rows] = dy.shape;
  // A row that is 0 has a gradient of its own: derivatives of this one need all of them.
  if (dy.size * width < WORTH || isTaping() || !AT_ONCE.includes(getBackend())) return map(dy);
  return tidy(() => {
    const [least, most] = [min(dy, 1).dataSync(), max(dy, 1).dataSync()];
    const counting: number[] = [];
    const places = Array.from({ length: rows }, (_, row) =>
      least[row] === 0 && most[row] === 0 ? 0 : counting.push(row),
    );
    if (counting.length === rows) return map(dy);
    const nothing: Tensor2D = zeros([1, width]);
    const some = counting.length === 0 ? [] : [map(gather(dy, tensor1d(counting, "int32")))];
    return gather(concat([nothing, ...some], 0), tensor1d(places, "int32"));
  });
}
