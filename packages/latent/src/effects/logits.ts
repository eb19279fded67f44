import { argumentInvalid, isTensor } from "@hookdict/tensordict";
import { reshape, slice, softmax, stack, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { option, optionInvalid, readOptions } from "@hookdict/contexts";
import { shapeDiffers } from "../rows/errors.ts";
import { checkLogits } from "./next-token.ts";

/** A token whose probability an intervention has changed. */
export interface ChangedToken {
  readonly token: number;
  readonly before: number;
  readonly after: number;
  /** `after - before` */
  readonly change: number;
}

/**
 * The tokens whose probabilities at the last position of the first row changed the most, the largest change first. **Ownership:** borrows.
 *
 * @param before Logits `[..., dVocab]`, float32, without the intervention; `after`: with it.
 * @throws ShapeError `LOGITS_INVALID`, `SHAPE_DIFFERS`; UsageError `OPTION_INVALID`, `OPTION_UNKNOWN`
 * @example
 * const [most] = await topChangedTokens(tensor1d([0, 0, -100]), tensor1d([0, -100, -100]), { k: 1 });
 * [most.token, most.before, most.after]; // => [0, 0.5, 1]
 */
export async function topChangedTokens(
  before: Tensor,
  after: Tensor,
  options: { readonly k?: number } = {},
): Promise<readonly ChangedToken[]> {
  for (const [name, one] of Object.entries({ before, after }))
    if (!isTensor(one) || one.isDisposed || one.size === 0)
      throw argumentInvalid("topChangedTokens", name, one, "logits, a tensor with at least one number");
  const { k } = readOptions(
    "topChangedTokens",
    { k: option.number({ min: 1, integer: true }).default(10) },
    options,
  );
  const shape = checkLogits("topChangedTokens", before, 1);
  checkLogits("topChangedTokens", after, 1);
  if (after.shape.join() !== shape.join())
    throw shapeDiffers("topChangedTokens", "the logits after", shape, after.shape);
  const both = tidy(() => stack([before, after].map((logits) => softmax(lastRow(logits)))));
  try {
    const values = await both.data();
    const width = values.length / 2;
    return Array.from({ length: width }, (_, token) => {
      const [was = 0, is = 0] = [values[token], values[width + token]];
      return { token, before: was, after: is, change: is - was };
    })
      .sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || a.token - b.token)
      .slice(0, k);
  } finally {
    both.dispose();
  }
}

/** The last position of the first row. */
function lastRow(logits: Tensor): Tensor {
  const width = logits.shape.at(-1) ?? 1;
  const rows = reshape(logits, [-1, width]);
  const last = logits.rank < 2 ? 0 : (logits.shape.at(-2) ?? 1) - 1;
  return reshape(slice(rows, [last, 0], [1, width]), [width]);
}

/**
 * By how much one token's logit is above another's at the last position of each row, `[batch]`, of logits `[batch, pos, dVocab]`.
 * **Ownership:** borrows, returns owned.
 *
 * @throws ShapeError `LOGITS_INVALID`; UsageError `OPTION_INVALID` for a token that there is not
 * @example
 * lastLogitDifference(tensor3d([[[1, 2], [5, 3]]]), 0, 1).arraySync(); // => [2]
 */
export function lastLogitDifference(logits: Tensor, token: number, other: number): Tensor {
  const [batch = 0, pos = 0, dVocab = 0] = checkLogits("lastLogitDifference", logits, 3);
  for (const one of [token, other])
    if (!Number.isInteger(one) || one < 0 || one >= dVocab)
      throw optionInvalid("lastLogitDifference", "token", one, `a whole number from 0 to ${dVocab - 1}`);
  return tidy(() => {
    const column = (of: number): Tensor => reshape(slice(logits, [0, pos - 1, of], [batch, 1, 1]), [batch]);
    return sub(column(token), column(other));
  });
}
