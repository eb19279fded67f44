import { checkArgument } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { detachedNorm } from "../detached-norm.ts";
import type { RelevanceRule } from "../rule.ts";

/**
 * The gradient of a layer norm whose deviation is held constant: a modified gradient, not a relevance; tdhook's
 * `LayerNormRule`. Multiply by the input at the end, and do not mix it with rules of relevance.
 */
export function layerNormGradient(options: {
  readonly gamma: Tensor;
  readonly epsilon?: number;
}): RelevanceRule {
  checkArgument("layerNormGradient", "options", options, "a record");
  const { gamma, epsilon = 1e-5 } = options;
  return {
    name: "layerNormGradient",
    options: { gamma, epsilon },
    pass: ({ inputs, relevance }) => inputs.map((x) => detachedNorm(x, relevance, gamma, epsilon, true)),
  };
}
