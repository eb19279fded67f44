import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** Granite: Llama with multipliers of the embedding, the branches, the scores and the logits. */
export const granite: Family = {
  modelTypes: ["granite"],
  prefix: "model.",
  config(fields) {
    const hasBias = fields.flag("attention_bias", false);
    return llamaConfig(fields, {
      embed: { scale: fields.number("embedding_multiplier", 1) },
      residualScale: fields.number("residual_multiplier", 1),
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        scale: fields.number("attention_multiplier", 1),
      },
      mlp: { hasBias: fields.flag("mlp_bias", false) },
      head: { scale: 1 / fields.number("logits_scaling", 1) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
