import { slice, type Tensor } from "@tensorflow/tfjs-core";
import { attentionScores } from "./attention-scores.ts";
import { attentionValues } from "./attention-values.ts";
import { runFused } from "./fused.ts";

// Attention to keys and values with room behind them, of which a cache's are: no gradient goes there.

/**
 * `attentionScores` with the first keys, as many as the mask has columns.
 *
 * **Ownership:** *borrows* its arguments; *returns owned*.
 */
export function scoresInRoom(queries: Tensor, keys: Tensor, mask: Tensor, scale: number): Tensor {
  const src = mask.shape.at(-1) ?? 0;
  const isWhole = keys.shape[1] === src || mask.rank !== 2;
  const [scores] = isWhole ? [] : (runFused("HookdictScores", { queries, keys, mask }, { scale }) ?? []);
  return scores ?? attentionScores(queries, firstColumns(keys, src), mask, scale);
}

/** `attentionValues` with the first values, as many as the pattern has columns. **Ownership:** *borrows*; *returns owned*. */
export function valuesInRoom(pattern: Tensor, values: Tensor): Tensor {
  const src = pattern.shape.at(-1) ?? 0;
  const [mixed] = values.shape[1] === src ? [] : (runFused("HookdictValues", { pattern, values }) ?? []);
  return mixed ?? attentionValues(pattern, values);
}

/** **Ownership:** *borrows*; what it gives belongs to the scope, or is the argument. */
export function firstColumns(all: Tensor, columns: number): Tensor {
  return all.shape[1] === columns ? all : slice(all, [0, 0], [-1, columns]);
}
