import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/** Qwen 2 and 2.5: Llama with biases on queries, keys and values; late layers may slide. */
export const qwen2: Family = {
  modelTypes: ["qwen2"],
  prefix: "model.",
  defaults: { num_key_value_heads: 32, max_position_embeddings: 32768, sliding_window: 4096 },
  config(fields) {
    const { nLayers } = llamaSizes(fields);
    const isSliding = fields.flag("use_sliding_window", false);
    const first = isSliding ? fields.layer("max_window_layers", 28) : 0;
    const windows = windowsOf(fields, nLayers, (layer) => layer >= first, !isSliding);
    return llamaConfig(fields, {
      attention: { hasQkvBias: true },
      layer: (i, attention) => ({ attention: { ...attention, window: windows[i] } }),
    });
  },
  tensors: (config) => llamaTensors(config),
};
