import { slice, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { keptTensor } from "../ops/kept.ts";

/**
 * What is added to attention scores so that no position sees a later one: 0 up to the diagonal, -Infinity above it.
 */
export class CausalMask {
  /** For the longest sequence. **Ownership:** whoever makes the mask disposes it. */
  readonly full: Tensor;
  #latest: Tensor2D | undefined;

  constructor(nPositions: number) {
    const values = new Float32Array(nPositions * nPositions);
    for (let dest = 0; dest < nPositions; dest++) {
      values.fill(-Infinity, dest * nPositions + dest + 1, (dest + 1) * nPositions);
    }
    this.full = keptTensor(values, [nPositions, nPositions]);
  }

  /**
   * The mask of a sequence, `[dest, src]`. Asked for before the blocks run, it is cut once for all of them.
   *
   * **Ownership:** belongs to the scope in which it was first asked for.
   */
  of(pos: number): Tensor2D {
    const latest = this.#latest;
    if (latest !== undefined && !latest.isDisposed && latest.shape[0] === pos) return latest;
    const cut: Tensor2D = slice(this.full as Tensor2D, [0, 0], [pos, pos]); // the constructor gave it two axes
    this.#latest = cut;
    return cut;
  }
}
