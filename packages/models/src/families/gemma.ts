import type { ActivationName } from "../ops/activations.ts";
import type { Family } from "../transformer/family.ts";
import type { Fields } from "../transformer/fields.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** Gemma: gains are stored less 1, the embedding is multiplied by `sqrt(dModel)`, "gelu" means its tanh form. */
export const gemma: Family = {
  modelTypes: ["gemma"],
  prefix: "model.",
  defaults: {
    hidden_act: "gelu_pytorch_tanh",
    head_dim: 256,
    num_key_value_heads: 16,
    max_position_embeddings: 8192,
  },
  config(fields) {
    const hasBias = fields.flag("attention_bias", false);
    fields.only("use_bidirectional_attention", [false]);
    return llamaConfig(fields, {
      isTied: true,
      norm: (epsilon) => ({ kind: "rms", epsilon, plus: 1 }),
      embed: { scale: Math.sqrt(fields.width("hidden_size")) },
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias },
      mlp: { activation: gemmaActivation(fields) },
    });
  },
  tensors: (config) => llamaTensors(config),
};

/** Configs say "gelu" and mean the tanh form. `hidden_activation`, which some have as well, is ignored as by Hugging Face. */
function gemmaActivation(fields: Fields): ActivationName {
  const activation = fields.activation("hidden_act");
  return activation === "gelu" ? "gelu_pytorch_tanh" : activation;
}
