import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** Llama 1 to 3. @see Touvron et al., https://arxiv.org/abs/2302.13971 */
export const llama: Family = {
  modelTypes: ["llama"],
  prefix: "model.",
  config(fields) {
    const hasBias = fields.flag("attention_bias", false);
    return llamaConfig(fields, {
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias },
      mlp: { hasBias: fields.flag("mlp_bias", false) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
