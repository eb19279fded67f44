import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors, windowOf } from "../transformer/llama-like.ts";

/** StarCoder 2: layer norms and a plain MLP, biases everywhere, a sliding window on all layers. */
export const starcoder2: Family = {
  modelTypes: ["starcoder2"],
  prefix: "model.",
  defaults: { num_key_value_heads: 2, max_position_embeddings: 4096 },
  config(fields) {
    const hasBias = fields.flag("use_bias", true);
    return llamaConfig(fields, {
      isTied: true,
      epsilonField: "norm_epsilon",
      epsilon: 1e-5,
      norm: (epsilon) => ({ kind: "layer", epsilon }),
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        window: windowOf(fields),
      },
      mlp: { isGated: false, hasBias, activation: fields.activation("hidden_act", "gelu_pytorch_tanh") },
    });
  },
  tensors: (config) => llamaTensors(config, { mlp: { in: "mlp.c_fc", out: "mlp.c_proj" } }),
};
