import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values; late layers may slide. */
export const qwen2: Family = {
  modelTypes: ["qwen2"],
  prefix: "model.",
  config(fields) {
    const { nLayers } = llamaSizes(fields);
    const isSliding = fields.flag("use_sliding_window", false);
    const first = isSliding ? fields.count("max_window_layers", 28) : nLayers;
    const windows = windowsOf(fields, nLayers, (layer) => isSliding && layer >= first);
    return llamaConfig(fields, {
      attention: { hasQkvBias: true },
      layer: (i, attention) => ({ attention: { ...attention, window: windows[i] } }),
    });
  },
  tensors: (config) => llamaTensors(config),
};
