import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";
import { joinTargets } from "../transformer/specs.ts";

/** Phi 1 to 2: attention and a plain MLP side by side behind one layer norm; biases everywhere, partial rotation. */
export const phi: Family = {
  modelTypes: ["phi"],
  prefix: "model.",
  config(fields) {
    const epsilon = fields.number("layer_norm_eps", 1e-5);
    return llamaConfig(fields, {
      epsilonField: "layer_norm_eps",
      epsilon: 1e-5,
      norm: () => ({ kind: "layer", epsilon }),
      order: "parallel",
      norms: ["ln1", "ln2"],
      rotary: { share: 0.5 },
      attention: {
        hasQkvBias: true,
        hasOutBias: true,
        qkNorm: fields.flag("qk_layernorm", false) ? { kind: "layer", epsilon, over: "head" } : undefined,
      },
      mlp: { isGated: false, hasBias: true, activation: fields.activation("hidden_act", "gelu_new") },
      head: { hasBias: true },
    });
  },
  tensors: (config) =>
    joinTargets(
      llamaTensors(config, {
        norms: { ln2: "input_layernorm" },
        finalNorm: "model.final_layernorm",
        out: "dense",
        qNorm: "q_layernorm",
        kNorm: "k_layernorm",
        mlp: { in: "mlp.fc1", out: "mlp.fc2" },
      }),
    ),
};
