import type { ActivationName } from "../ops/activations.ts";
import type { Family } from "../transformer/family.ts";
import type { Fields } from "../transformer/fields.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";

/** Gemma: gains are stored less 1, the embedding is multiplied by `sqrt(dModel)`, "gelu" means its tanh form. */
export const gemma: Family = {
  modelTypes: ["gemma"],
  prefix: "model.",
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

/** Old configs say "gelu" in `hidden_act` and mean the tanh form; `hidden_activation` is meant as it stands. */
function gemmaActivation(fields: Fields): ActivationName {
  const activation = fields.activation(["hidden_activation", "hidden_act"], "gelu_pytorch_tanh");
  return activation === "gelu" && !fields.has("hidden_activation") ? "gelu_pytorch_tanh" : activation;
}
