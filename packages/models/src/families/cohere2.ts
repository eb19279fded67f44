import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/** Command R7B: as Cohere; layers that slide turn, those that see everything do not. */
export const cohere2: Family = {
  modelTypes: ["cohere2"],
  prefix: "model.",
  defaults: { max_position_embeddings: 8192, sliding_window: 4096 },
  config(fields) {
    const { nLayers } = llamaSizes(fields);
    const every = fields.size(["sliding_window_pattern", "_sliding_window_pattern"], 4);
    const windows = windowsOf(fields, nLayers, (layer) => (layer + 1) % every !== 0);
    const hasBias = fields.flag("attention_bias", false);
    return llamaConfig(fields, {
      isTied: true,
      epsilonField: "layer_norm_eps",
      epsilon: 1e-5,
      norm: (epsilon) => ({ kind: "layer", epsilon, isUnbiased: true }),
      order: "parallel",
      norms: ["ln1"],
      rotary: { pairs: "adjacent" },
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias },
      head: { scale: fields.number("logit_scale", 0.0625) },
      layer(i, attention) {
        const window = windows[i];
        return {
          attention: { ...attention, window, rotary: window === undefined ? undefined : attention.rotary },
        };
      },
    });
  },
  tensors: (config) => llamaTensors(config),
};
