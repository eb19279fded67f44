import type { Hookable } from "@hookdict/core";
import { Transformer } from "../transformer/transformer.ts";

/** The decoder that generates, hooked or not; `undefined` for any other model. */
export function decoderOf(given: object): Transformer | undefined {
  const isHookable = "hookTarget" in given && typeof given.hookTarget === "function";
  const model = isHookable ? (given as Hookable).hookTarget().model : given;
  return model instanceof Transformer && model.config.isCausal ? model : undefined;
}
