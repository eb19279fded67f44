import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors, windowOf } from "../transformer/llama-like.ts";

/** Mistral: Llama with a sliding window on all layers. @see Jiang et al., https://arxiv.org/abs/2310.06825 */
export const mistral: Family = {
  modelTypes: ["mistral"],
  prefix: "model.",
  defaults: { num_key_value_heads: 8, max_position_embeddings: 131072, sliding_window: 4096 },
  config: (fields) =>
    llamaConfig(fields, {
      attention: { window: windowOf(fields) },
    }),
  tensors: (config) => llamaTensors(config),
};
