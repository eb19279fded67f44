import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/** Qwen 3: Llama with RMS norms of queries and keys over each head, before they turn. */
export const qwen3: Family = {
  modelTypes: ["qwen3"],
  prefix: "model.",
  config(fields) {
    const { nLayers } = llamaSizes(fields);
    const isSliding = fields.flag("use_sliding_window", false);
    const first = isSliding ? fields.count("max_window_layers", 28) : nLayers;
    const windows = windowsOf(fields, nLayers, (layer) => isSliding && layer >= first);
    const hasBias = fields.flag("attention_bias", false);
    const epsilon = fields.number("rms_norm_eps", 1e-6);
    return llamaConfig(fields, {
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias, qkNorm: { kind: "rms", epsilon, over: "head" } },
      layer: (i, attention) => ({ attention: { ...attention, window: windows[i] } }),
    });
  },
  tensors: (config) => llamaTensors(config),
};
