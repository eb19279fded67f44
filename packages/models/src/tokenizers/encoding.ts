import type { Span } from "./aligned.ts";

/** What a tokenizer makes of a text, or of a text and its pair. All lists are as long as `ids`. */
export interface Encoding {
  readonly ids: readonly number[];
  /** As the vocabulary writes them. */
  readonly tokens: readonly string[];
  /** Where each token stands in its text, in UTF-16 units, as strings of JavaScript count; `[0, 0]` for added ones. */
  readonly offsets: readonly Span[];
  /** 1 for tokens that the tokenizer added. */
  readonly specialTokensMask: readonly number[];
  /** The segment of each token, for models that know segments. */
  readonly typeIds: readonly number[];
  /** 0 for tokens of the text, 1 for those of its pair, `null` for added ones. */
  readonly sequenceIds: readonly (0 | 1 | null)[];
}

/** Texts of several lengths, made equally long. */
export interface PaddedBatch {
  /** `[batch, pos]`. */
  readonly ids: readonly (readonly number[])[];
  /** `[batch, pos]`: 0 where a token only fills up. */
  readonly mask: readonly (readonly number[])[];
  readonly encodings: readonly Encoding[];
}

/**
 * Makes rows equally long.
 *
 * @param side Where the filling goes: `"left"` for decoders, so that every text ends at the last position.
 */
export function padRows(
  encodings: readonly Encoding[],
  padTokenId: number,
  side: "left" | "right",
): PaddedBatch {
  const length = encodings.reduce((longest, { ids }) => Math.max(longest, ids.length), 0);
  const pad = (row: readonly number[], filling: number): number[] => {
    const fill = Array.from({ length: length - row.length }, () => filling);
    return side === "left" ? [...fill, ...row] : [...row, ...fill];
  };
  return {
    ids: encodings.map(({ ids }) => pad(ids, padTokenId)),
    mask: encodings.map(({ ids }) =>
      pad(
        ids.map(() => 1),
        0,
      ),
    ),
    encodings,
  };
}
