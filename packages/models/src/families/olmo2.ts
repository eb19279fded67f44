import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** OLMo 2: norms stand behind attention and MLP alone; queries and keys are normalised over all heads together. */
export const olmo2: Family = {
  modelTypes: ["olmo2"],
  prefix: "model.",
  config(fields) {
    const hasBias = fields.flag("attention_bias", false);
    const epsilon = fields.number("rms_norm_eps", 1e-5);
    return llamaConfig(fields, {
      epsilon: 1e-5,
      norms: ["ln1_post", "ln2_post"],
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias, qkNorm: { kind: "rms", epsilon, over: "all" } },
    });
  },
  tensors: (config) => llamaTensors(config),
};
