import { keptClone } from "@hookdict/tensordict/tensors";
import { add, concat, mul, pad, slice, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { weigh } from "../rows.ts";
import type { ByPlace, Fold } from "./pass.ts";

/** Frees tensors by place. */
export function disposeByPlace(values: ByPlace): void {
  for (const tensor of Object.values(values)) tensor.dispose();
}

/** Rows of one place as they come, piece by piece, in their order. */
export interface Collector {
  /** **Ownership:** *takes*. */
  add(piece: Tensor, start: number): void;
  /** **Ownership:** returns owned, kept. */
  finish(): Tensor;
  dispose(): void;
}

/** Keeps all rows. */
export function allRows(): Collector {
  const pieces: Tensor[] = [];
  const dispose = (): void => {
    for (const piece of pieces.splice(0)) piece.dispose();
  };
  return {
    add: (piece) => void pieces.push(piece),
    finish() {
      if (pieces.length === 1) return pieces.pop() as Tensor; // just counted
      const joined = tidy(() => keptClone(concat(pieces, 0)));
      dispose();
      return joined;
    },
    dispose,
  };
}

/** Sums over the copies of a batch, `weight * gradient`. */
export function sumOverCopies(weights: readonly number[], batch: number): Fold {
  return { shape: (inner) => [batch, ...inner], collect: () => summedCopies(weights, batch) };
}

/** Keeps the sum over copies of a batch, each with its weight, whatever the pieces are. */
export function summedCopies(weights: readonly number[], batch: number): Collector {
  let sum: Tensor | undefined;
  const take = (made: Tensor): void => {
    sum?.dispose();
    sum = made;
  };
  return {
    add(piece, start) {
      take(tidy(() => keptClone(fold(piece, start, weights, batch, sum))));
      piece.dispose();
    },
    finish() {
      const done = sum as Tensor; // a pass has rows
      sum = undefined;
      return done;
    },
    dispose: () => sum?.dispose(),
  };
}

/** Adds rows from `start` on, each with the weight of its copy: whole copies at once, parts of one at either end. */
function fold(
  piece: Tensor,
  start: number,
  weights: readonly number[],
  batch: number,
  sum: Tensor | undefined,
): Tensor {
  const end = start + (piece.shape[0] ?? 0);
  let total = sum;
  const plus = (each: Tensor): void => {
    total = total === undefined ? each : add(total, each);
  };
  for (let row = start; row < end;) {
    const [copy, at] = [Math.floor(row / batch), row % batch];
    const copies = at === 0 ? Math.floor((end - row) / batch) : 0;
    if (copies > 0) {
      const rows =
        row === start && copies * batch === end - start ? piece : slice(piece, row - start, copies * batch);
      plus(weigh(rows, weights.slice(copy, copy + copies)));
      row += copies * batch;
      continue;
    }
    const count = Math.min(batch - at, end - row);
    const part = mul(slice(piece, row - start, count), weights[copy] ?? 0);
    plus(
      pad(
        part,
        part.shape.map((_, axis) => (axis === 0 ? [at, batch - at - count] : [0, 0])),
      ),
    );
    row += count;
  }
  return total as Tensor; // a piece has rows
}
