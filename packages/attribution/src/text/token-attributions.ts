import { option, readOptions } from "@hookdict/contexts";
import { checkArgument } from "@hookdict/tensordict";
import { abs, norm, reshape, sum, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { tokensMismatch } from "../errors.ts";

/** One token of a text and what it is worth: plain data, for drawing and printing. */
export interface TokenAttribution {
  readonly position: number;
  /** The token's text. */
  readonly label: string;
  readonly score: number;
  /** The score over the largest magnitude of the text, -1 to 1; 0 where all are 0. */
  readonly share: number;
}

/** Options of {@link tokenAttributions}. */
export interface TokenAttributionsOptions {
  /** How the channels of a token become one number: their sum, which keeps completeness; the sum of magnitudes; or the Euclidean norm. Default `"sum"`. */
  readonly reduce?: "sum" | "magnitude" | "norm";
}

const OPTIONS = { reduce: option.oneOf("sum", "magnitude", "norm").default("sum") };

/**
 * Attributions at embeddings, or of tokens, with the tokens they belong to: a list for each text of the batch.
 * **Ownership:** borrows.
 *
 * @param attribution `[batch, pos]` or `[batch, pos, channel, ...]`
 * @param labels The tokens of each text; texts that are shorter than `pos` begin at its left end.
 * @throws ShapeError `TOKENS_MISMATCH`; UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`
 * @example
 * const attribution = tensor3d([[[1, 2], [-6, 0]]]);
 * tokenAttributions(attribution, [["a", "b"]])[0]?.map(({ label, share }) => `${label} ${share}`); // => ["a 0.5", "b -1"]
 */
export function tokenAttributions(
  attribution: Tensor,
  labels: readonly (readonly string[])[],
  options: TokenAttributionsOptions = {},
): TokenAttribution[][] {
  checkArgument("tokenAttributions", "attribution", attribution, "a tensor of numbers");
  checkArgument("tokenAttributions", "labels", labels, "a list");
  const { reduce } = readOptions("tokenAttributions", OPTIONS, options);
  const [batch = 0, length = 0] = attribution.shape;
  const counts = Array.isArray(labels) ? labels.map((each) => (Array.isArray(each) ? each.length : -1)) : [];
  if (attribution.rank < 2 || counts.length !== batch || counts.some((count) => count < 0 || count > length))
    throw tokensMismatch(attribution.shape, counts);
  const numbers = tidy(() => {
    if (attribution.rank === 2)
      return reduce === "sum" ? attribution.dataSync() : abs(attribution).dataSync();
    const channels = reshape(attribution, [batch, length, -1]);
    if (reduce === "norm") return norm(channels, "euclidean", 2).dataSync();
    return sum(reduce === "sum" ? channels : abs(channels), 2).dataSync();
  });
  return labels.map((texts, b) => {
    const scores = Array.from(numbers.subarray(b * length, b * length + texts.length));
    const largest = scores.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    return scores.map((score, position) => ({
      position,
      label: texts[position] ?? "",
      score,
      share: largest === 0 ? 0 : score / largest,
    }));
  });
}
