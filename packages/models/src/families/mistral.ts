import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** Mistral: Llama with a sliding window on all layers. @see Jiang et al., https://arxiv.org/abs/2310.06825 */
export const mistral: Family = {
  modelTypes: ["mistral"],
  prefix: "model.",
  config: (fields) =>
    llamaConfig(fields, {
      attention: { window: fields.has("sliding_window") ? fields.size("sliding_window") : undefined },
    }),
  tensors: (config) => llamaTensors(config),
};
