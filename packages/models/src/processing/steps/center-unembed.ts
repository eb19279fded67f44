import { mean, sub } from "@tensorflow/tfjs-core";
import type { ProcessingStep } from "../step.ts";

/** Logits have the mean 0 over the vocabulary: the same is taken off all logits of a position, probabilities are the same. */
export const centerUnembed: ProcessingStep = {
  name: "centerUnembed",
  isDefault: true,
  refusal: ({ head }) => (head.cap === undefined ? undefined : "it caps its logits"),
  apply(draft) {
    const weight = draft.unembedding;
    draft.unembedding = sub(weight, mean(weight, 0, true));
    const bias = draft.find("unembed.bias");
    if (bias !== undefined) draft.set("unembed.bias", sub(bias, mean(bias)));
  },
};
