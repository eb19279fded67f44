import type { Tensor } from "@tensorflow/tfjs-core";
import { detachedNorm } from "../detached-norm.ts";
import type { RelevanceRule } from "../rule.ts";

/**
 * The gradient of a layer norm whose deviation is held constant: a modified gradient, not a relevance; tdhook's
 * `LayerNormRule`. Multiply by the input at the end, and do not mix it with rules of relevance.
 */
export function layerNormGradient({
  gamma,
  epsilon = 1e-5,
}: {
  readonly gamma: Tensor;
  readonly epsilon?: number;
}): RelevanceRule {
  return {
    name: "layerNormGradient",
    options: { gamma, epsilon },
    pass: ({ inputs, relevance }) => inputs.map((x) => detachedNorm(x, relevance, gamma, epsilon, true)),
  };
}
