import { slice, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { noTokenLeft } from "./errors.ts";

/** What generates: a model, or a hooked one. int32 `[batch, pos]` in, logits `[batch, pos, dVocab]` out, owned. */
export interface LogitsModel {
  call(tokens: Tensor): Tensor;
}

/**
 * Logits of the token after each row, `[dVocab]` each. Rows of one length run together.
 *
 * Every position is computed anew, so hooks that change a position change it at every step.
 */
export async function nextLogits(
  model: LogitsModel,
  rows: readonly (readonly number[])[],
  step: number,
): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const length of new Set(rows.map((row) => row.length))) {
    const indices = [...rows.keys()].filter((i) => rows[i]?.length === length);
    const last = lastLogits(
      model,
      indices.map((i) => rows[i] ?? []),
    );
    try {
      const values = await last.data<"float32">();
      const width = values.length / indices.length;
      for (const [k, i] of indices.entries()) found[i] = values.slice(k * width, (k + 1) * width);
    } finally {
      last.dispose();
    }
  }
  for (const [row, logits] of found.entries()) checkLogits(logits, row, step);
  return found;
}

/** @throws UsageError `GENERATION_NO_TOKEN` when no token can be picked. */
export function checkLogits(logits: Float32Array, row: number, step: number): void {
  const isPickable = logits.some((logit) => logit > -Infinity) && !logits.some(Number.isNaN);
  if (!isPickable) throw noTokenLeft(row, step);
}

function lastLogits(model: LogitsModel, rows: readonly (readonly number[])[]): Tensor {
  const pos = rows[0]?.length ?? 0;
  return tidy(() => {
    const tokens = tensor2d(Int32Array.from(rows.flat()), [rows.length, pos], "int32");
    const logits = model.call(tokens);
    return slice(logits, [0, pos - 1, 0], [-1, 1, -1]);
  });
}
