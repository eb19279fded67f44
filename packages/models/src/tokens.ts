import { readNow } from "@hookdict/tensordict/tensors";
import { tensor2d, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { isTensor } from "@hookdict/tensordict";
import { textsLengths, tokenRange, tokensShape, tokensTooLong } from "./errors.ts";

/**
 * Token ids as a tensor.
 *
 * **Ownership:** *returns owned* int32 `[batch, pos]`.
 *
 * @throws UsageError `TEXTS_LENGTHS` when the rows are not equally long, `TOKEN_RANGE` for an id that is none of
 * `dVocab` tokens.
 */
export function tokenTensor(rows: readonly (readonly number[])[], dVocab: number): Tensor2D {
  const lengths = rows.map((row) => row.length);
  const pos = lengths[0] ?? 0;
  if (lengths.some((length) => length !== pos)) throw textsLengths(lengths);
  const ids = rows.flat();
  checkRange(ids, pos, dVocab);
  return tensor2d(Int32Array.from(ids), [rows.length, pos], "int32");
}

/** Texts, which a model with a tokenizer takes in place of tokens. */
export function isText(given: unknown): given is string | readonly string[] {
  const isList = Array.isArray(given) && given.length > 0;
  return typeof given === "string" || (isList && given.every((each) => typeof each === "string"));
}

/**
 * Checks that a model can take these tokens. Not every backend would: some give an arbitrary row for an id that is out
 * of range. On WebGPU, which cannot read values synchronously, ids of tensors from elsewhere are not checked.
 *
 * @param before How many positions the model has computed already.
 * @throws ShapeError `TOKENS_SHAPE`, `TOKENS_TOO_LONG`; UsageError `TOKEN_RANGE`.
 */
export function checkTokens(
  tokens: Tensor,
  dVocab: number,
  nPositions: number,
  before = 0,
): asserts tokens is Tensor2D {
  if (!isTensor(tokens)) throw tokensShape(typeof tokens, []); // plain JavaScript may give anything
  const { dtype, shape } = tokens;
  if (dtype !== "int32" || shape.length !== 2 || tokens.size === 0) throw tokensShape(dtype, shape);
  const pos = shape[1] ?? 0;
  if (before + pos > nPositions) throw tokensTooLong(before + pos, nPositions);
  const ids = readNow(tokens);
  if (ids !== undefined) checkRange(ids, pos, dVocab);
}

function checkRange(ids: ArrayLike<number>, pos: number, dVocab: number): void {
  for (let at = 0; at < ids.length; at++) {
    const id = ids[at] ?? Number.NaN;
    const isToken = Number.isInteger(id) && id >= 0 && id < dVocab;
    if (!isToken) throw tokenRange(id, [Math.floor(at / pos), at % pos], dVocab);
  }
}
