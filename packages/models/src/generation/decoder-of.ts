import { type Hookable, readingAt } from "@hookdict/core";
import { EncoderDecoder } from "../transformer/encoder-decoder.ts";
import { StateSpaceModel } from "../transformer/state-space.ts";
import type { StepCache } from "../transformer/step-cache.ts";
import type { TokenModel } from "../transformer/token-model.ts";
import { Transformer } from "../transformer/transformer.ts";

/** A model that computes each token once, as the generation sees it. */
export interface Decoder {
  /** Whether rows may be padded on the left, and give what they give alone. */
  readonly takesPadding: boolean;
  /** Whether it attends to what an encoder reads. */
  readonly hasEncoder: boolean;
  /** Runs `fn`, of whose logits only those of the last position are read: the model leaves out what nobody else sees. */
  readingLast<T>(fn: () => T): T;
  newCache(): StepCache;
  /** Runs `fn`, in which the model goes on from the cache. */
  withCache<T>(cache: StepCache | undefined, fn: () => T): T;
}

/** The decoder that generates, hooked or not; `undefined` for any other model. */
export function decoderOf(given: object): Decoder | undefined {
  const isHookable = "hookTarget" in given && typeof given.hookTarget === "function";
  const model = isHookable ? (given as Hookable).hookTarget().model : given;
  // A state space model's biases leak from padding.
  if (model instanceof StateSpaceModel) return asDecoder(model, !model.config.hasBias, false);
  if (model instanceof EncoderDecoder) return asDecoder(model, false, true);
  return model instanceof Transformer && model.config.isCausal ? asDecoder(model, true, false) : undefined;
}

function asDecoder<C extends StepCache>(
  model: TokenModel<C>,
  takesPadding: boolean,
  hasEncoder: boolean,
): Decoder {
  return {
    takesPadding,
    hasEncoder,
    readingLast: (fn) => readingAt(model, -1, fn).value,
    newCache: () => model.newCache(),
    withCache: (cache, fn) => model.withCache(cache as C | undefined, fn), // one that it made
  };
}
