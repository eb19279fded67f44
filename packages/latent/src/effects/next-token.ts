import { isTensor } from "@hookdict/tensordict";
import { oneHotRows } from "@hookdict/tensordict/tensors";
import {
  cast,
  exp,
  logSoftmax,
  mean,
  mul,
  neg,
  reshape,
  slice,
  sub,
  sum,
  type Tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import { shapeDiffers } from "../rows/errors.ts";
import { logitsInvalid } from "./errors.ts";

/**
 * The mean negative log likelihood of the tokens `[batch, pos]` that follow, from logits `[batch, pos, dVocab]`: a scalar.
 * **Ownership:** borrows, returns owned.
 *
 * @throws ShapeError `LOGITS_INVALID`, `SHAPE_DIFFERS`
 * @example
 * const logits = tensor3d([[[0, 100], [0, 0]]]);
 * nextTokenLoss(logits, tensor2d([[0, 1]], undefined, "int32")).dataSync()[0]; // => 0
 */
export function nextTokenLoss(logits: Tensor, tokens: Tensor): Tensor {
  const [batch = 0, pos = 0, dVocab = 0] = checkLogits("nextTokenLoss", logits, 3);
  if (pos < 2)
    throw logitsInvalid("nextTokenLoss", logits, "at least two positions: one that another follows");
  if (tokens.shape.join() !== [batch, pos].join())
    throw shapeDiffers("nextTokenLoss", "tokens", [batch, pos], tokens.shape);
  return tidy(() => {
    const next = oneHotRows(reshape(slice(cast(tokens, "int32"), [0, 1], [batch, pos - 1]), [-1]), dVocab);
    const likelihoods = logSoftmax(reshape(slice(logits, [0, 0, 0], [batch, pos - 1, dVocab]), [-1, dVocab]));
    return neg(mean(sum(mul(likelihoods, next), 1)));
  });
}

/**
 * How far the distributions of the next token have moved: `KL(before || after)` of logits `[..., dVocab]`, `[...]`, in nats.
 * **Ownership:** borrows, returns owned.
 *
 * @throws ShapeError `LOGITS_INVALID`, `SHAPE_DIFFERS`
 * @example
 * nextTokenKl(tensor2d([[0, 0]]), tensor2d([[3, 3]])).arraySync(); // => [0]
 */
export function nextTokenKl(before: Tensor, after: Tensor): Tensor {
  const shape = checkLogits("nextTokenKl", before, 1);
  checkLogits("nextTokenKl", after, 1);
  if (after.shape.join() !== shape.join())
    throw shapeDiffers("nextTokenKl", "the logits after", shape, after.shape);
  return tidy(() => {
    const [p, q] = [before, after].map((logits) => logSoftmax(logits)) as [Tensor, Tensor];
    return sum(mul(exp(p), sub(p, q)), -1);
  });
}

/** The shape of logits. @throws ShapeError `LOGITS_INVALID` */
export function checkLogits(owner: string, logits: unknown, leastRank: number): readonly number[] {
  if (!isTensor(logits) || logits.rank < leastRank || logits.dtype !== "float32")
    throw logitsInvalid(
      owner,
      logits,
      leastRank === 3 ? "float32 [batch, pos, dVocab]" : "float32 [..., dVocab]",
    );
  return logits.shape;
}
