import { isTensor } from "@hookdict/tensordict";
import { oneHotRows } from "@hookdict/tensordict/tensors";
import { type AttentionMask, checkMask } from "./inputs.ts";
import type { StateSpaceModel } from "./state-space.ts";
import type { LossOptions, Transformer } from "./transformer.ts";
import { lossAbsent } from "./errors.ts";
import {
  cast,
  div,
  logSoftmax,
  mul,
  neg,
  slice,
  sum,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from "@tensorflow/tfjs-core";

/** What a loss is read off. */
interface Read {
  readonly modelType: string;
  /** `[batch, pos, dVocab]` */
  readonly logits: Tensor3D;
  /** `[batch, pos]` */
  readonly tokens: Tensor2D;
  readonly attentionMask?: AttentionMask | undefined;
  readonly perToken?: boolean | undefined;
}

/** The loss of {@link Transformer.loss}. **Ownership:** *borrows*; *returns owned*. */
export function lossOf(
  model: Transformer | StateSpaceModel,
  given: Tensor2D | string | readonly string[],
  { perToken, attentionMask, ...inputs }: LossOptions,
): Tensor {
  const { modelType, isCausal = true } = model.config as { modelType: string; isCausal?: boolean }; // states are
  if (!isCausal) throw lossAbsent(modelType, "its positions see the tokens that follow");
  return tidy(() => {
    const isText = typeof given === "string" || Array.isArray(given);
    const tokens = isText ? model.tokens(given as string | string[]) : (given as Tensor2D); // by elimination
    const logits = model.call(tokens, { ...inputs, attentionMask });
    return lossOfLogits({ modelType, logits, tokens, attentionMask, perToken });
  });
}

/** The loss of logits whose next tokens are known. **Ownership:** *borrows*; new tensors belong to the scope. */
export function lossOfLogits({ modelType, logits, tokens, attentionMask, perToken }: Read): Tensor {
  const [, pos] = tokens.shape;
  if (pos === 1) throw lossAbsent(modelType, "there is one position, and nothing follows");
  const values = checkMask(attentionMask, tokens.shape);
  const isCounted = (at: number): boolean =>
    values?.[at] === 1 && values[at + 1] === 1 && (at + 1) % pos !== 0;
  if (perToken !== true && values !== undefined && !Array.from(values).some((_, at) => isCounted(at)))
    throw lossAbsent(modelType, "no token follows another, what is padding left out");
  const mask = attentionMask === undefined ? undefined : asTensor(attentionMask);
  const losses = nextTokenLosses(logits, tokens, mask);
  return perToken === true ? losses : meanLoss(losses, mask);
}

function asTensor(mask: AttentionMask): Tensor2D {
  return isTensor(mask) ? mask : tensor2d(mask as number[][]);
}

/**
 * The negative log likelihood of every next token, `[batch, pos - 1]`; 0 where it, or the token before it, is padding.
 *
 * **Ownership:** *borrows*; new tensors belong to the scope.
 */
function nextTokenLosses(logits: Tensor3D, tokens: Tensor2D, mask: Tensor2D | undefined): Tensor2D {
  const [batch, pos, dVocab] = logits.shape;
  const next = oneHotRows<Tensor3D>(slice(tokens, [0, 1], [batch, pos - 1]), dVocab);
  const likelihoods = logSoftmax(slice(logits, [0, 0, 0], [batch, pos - 1, dVocab]));
  const losses: Tensor2D = neg(sum(mul(likelihoods, next), -1));
  return mask === undefined ? losses : mul(losses, countedTokens(mask));
}

/** Their mean over those that count, a scalar. */
function meanLoss(losses: Tensor2D, mask: Tensor2D | undefined): Tensor {
  return div(sum(losses), mask === undefined ? losses.size : sum(countedTokens(mask)));
}

/** 1 where a token and the one before it are no padding. */
function countedTokens(mask: Tensor2D): Tensor2D {
  const [batch, pos] = mask.shape;
  const values = cast(mask, "float32");
  return mul(slice(values, [0, 0], [batch, pos - 1]), slice(values, [0, 1], [batch, pos - 1]));
}
