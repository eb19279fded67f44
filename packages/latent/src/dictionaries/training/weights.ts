import { isTensor } from "@hookdict/tensordict";
import { rowsInvalid } from "../../rows/errors.ts";
import { div, keep, maximum, norm, type Tensor } from "@tensorflow/tfjs-core";

/** Names of what is trained. */
export const NAMES = ["wEnc", "wDec", "bEnc", "bDec", "logThreshold"] as const;
export type Weights = Record<(typeof NAMES)[number], Tensor>;

export function unitRows(rows: Tensor): Tensor {
  return div(rows, maximum(norm(rows, "euclidean", 1, true), 1e-8));
}

export function mapped<K extends string>(
  part: Readonly<Record<K, Tensor>>,
  fn: (one: Tensor, name: K) => Tensor,
): Record<K, Tensor> {
  return Object.fromEntries(
    Object.entries(part).map(([name, one]) => [name, fn(one as Tensor, name as K)]),
  ) as Record<K, Tensor>;
}

export function kept<K extends string>(part: Record<K, Tensor>): Record<K, Tensor> {
  return mapped(part, (one) => keep(one));
}

/** Refuses what is no batch of values, for what plain JavaScript may give. @throws ShapeError `ROWS_INVALID` */
export function needBatch(batch: unknown, dIn: number): void {
  const isFit = isTensor(batch) && !batch.isDisposed && batch.dtype === "float32" && batch.size > 0;
  if (!isFit || batch.shape.at(-1) !== dIn)
    throw rowsInvalid("DictionaryTrainer", `a batch of values of width ${dIn}`, batch);
}
