import { tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { textsLengths, tokenRange, tokensShape, tokensTooLong } from "./errors.ts";

/**
 * Token ids as a tensor.
 *
 * **Ownership:** *returns owned* int32 `[batch, pos]`.
 *
 * @throws UsageError `TEXTS_LENGTHS` when the rows are not equally long.
 */
export function tokenTensor(rows: readonly (readonly number[])[]): Tensor2D {
  const lengths = rows.map((row) => row.length);
  const pos = lengths[0] ?? 0;
  if (lengths.some((length) => length !== pos)) throw textsLengths(lengths);
  return tensor2d(Int32Array.from(rows.flat()), [rows.length, pos], "int32");
}

/**
 * Checks that a model can take these tokens. A backend would not: out of range, some give an arbitrary row.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `TOKENS_TOO_LONG`; UsageError `TOKEN_RANGE`.
 */
export function checkTokens(tokens: Tensor, dVocab: number, nPositions: number): asserts tokens is Tensor2D {
  const { dtype, shape } = tokens;
  if (dtype !== "int32" || shape.length !== 2 || tokens.size === 0) throw tokensShape(dtype, shape);
  const pos = shape[1] ?? 0;
  if (pos > nPositions) throw tokensTooLong(pos, nPositions);
  const ids = tokens.dataSync();
  const bad = ids.findIndex((id) => id < 0 || id >= dVocab);
  if (bad >= 0) throw tokenRange(ids[bad] ?? 0, [Math.floor(bad / pos), bad % pos], dVocab);
}
