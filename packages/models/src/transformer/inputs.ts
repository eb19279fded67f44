import { Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { inputShape, tokensTooLong } from "../errors.ts";
import type { AttentionStore } from "./attention-store.ts";

/** One value for each token, as a tensor or as rows of numbers. */
export type PerToken = Tensor | readonly (readonly number[])[];

/** Options of a call of a {@link Transformer}. */
export interface TransformerInput {
  /** 0 where a token is padding, `[batch, pos]`; padding may stand left or right. */
  readonly attentionMask?: PerToken;
  /** Absolute positions, `[batch, pos]`; those that the mask gives where they are absent. */
  readonly positions?: PerToken;
  /** int32 `[batch, pos]`. */
  readonly tokenTypes?: Tensor2D;
  /** Where keys and values of earlier calls come from. */
  readonly store?: AttentionStore;
  /** The decoder's tokens, int32 `[batch, pos]`, of an encoder-decoder. */
  readonly decoderTokens?: Tensor2D;
  /** The input is the residual stream `[batch, pos, dModel]` before this layer. */
  readonly startAtLayer?: number;
  /** The result is the residual stream before this layer; negative numbers count from the end. */
  readonly stopAtLayer?: number;
}

/** Rows of numbers of a tensor or of themselves, checked against the tokens' shape. */
export function rowsFrom(
  name: string,
  values: PerToken | undefined,
  [batch, pos]: readonly [number, number],
): number[][] | undefined {
  if (values === undefined) return undefined;
  const shape = values instanceof Tensor ? values.shape : [values.length, ...new Set(values.map((row) => row.length))];
  const isOne = shape.length === 2 && (shape[0] === batch || shape[0] === 1) && shape[1] === pos;
  if (!isOne) throw inputShape(name, shape, [batch, pos]);
  const flat = values instanceof Tensor ? [...values.dataSync()] : values.flat();
  const rows = Array.from({ length: shape[0] ?? 1 }, (_, row) => flat.slice(row * pos, (row + 1) * pos));
  return rows.length === batch ? rows : Array.from({ length: batch }, () => rows[0] ?? []);
}

/** A mask that masks something; `undefined` otherwise, so that rows share what is computed from it. */
export function maskRows(
  values: PerToken | undefined,
  shape: readonly [number, number],
  name = "attentionMask",
): number[][] | undefined {
  const rows = rowsFrom(name, values, shape);
  return rows?.some((row) => row.includes(0)) === true ? rows : undefined;
}

/** Positions count the tokens that are none of the padding; padding before them has position 0. */
export function positionRows(mask: readonly (readonly number[])[] | undefined, pos: number): number[][] {
  if (mask === undefined) return [Array.from({ length: pos }, (_, at) => at)];
  return mask.map((row) => {
    let count = 0;
    return row.map((each) => Math.max(0, (count += each === 0 ? 0 : 1) - 1));
  });
}

/** @throws ShapeError `TOKENS_TOO_LONG` for a position that the model's table has not. */
export function checkPositions(
  positions: readonly (readonly number[])[],
  nPositions: number | undefined,
): void {
  if (nPositions === undefined) return;
  for (const row of positions) {
    for (const at of row) if (at >= nPositions) throw tokensTooLong(at + 1, nPositions);
  }
}
