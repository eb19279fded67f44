import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** Command R: attention and MLP side by side behind one layer norm without bias; adjacent pairs turn; logits are scaled. */
export const cohere: Family = {
  modelTypes: ["cohere"],
  prefix: "model.",
  defaults: { max_position_embeddings: 8192, rope_theta: 500000 },
  config(fields) {
    const hasBias = fields.flag("attention_bias", false);
    const epsilon = fields.number("layer_norm_eps", 1e-5);
    const norm = { kind: "layer", epsilon, isUnbiased: true } as const;
    return llamaConfig(fields, {
      isTied: true,
      epsilonField: "layer_norm_eps",
      epsilon: 1e-5,
      norm: () => norm,
      order: "parallel",
      norms: ["ln1"],
      rotary: { pairs: "adjacent" },
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        qkNorm: fields.flag("use_qk_norm", false) ? { ...norm, over: "each head" } : undefined,
      },
      head: { scale: fields.number("logit_scale", 0.0625) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
