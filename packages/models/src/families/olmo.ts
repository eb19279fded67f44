import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** OLMo: Llama with layer norms that have neither gain nor bias, and clipped queries, keys and values. */
export const olmo: Family = {
  modelTypes: ["olmo"],
  prefix: "model.",
  config(fields) {
    const hasBias = fields.flag("attention_bias", false);
    return llamaConfig(fields, {
      norm: () => ({ kind: "layer", epsilon: 1e-5, isPlain: true }),
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        clip: fields.has("clip_qkv") ? fields.number("clip_qkv") : undefined,
      },
    });
  },
  tensors: (config) => llamaTensors(config),
};
