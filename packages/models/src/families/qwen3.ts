import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/** Qwen 3: Llama with RMS norms of queries and keys over each head, before they turn. */
export const qwen3: Family = {
  modelTypes: ["qwen3"],
  prefix: "model.",
  defaults: { head_dim: 128, num_key_value_heads: 32, max_position_embeddings: 32768, sliding_window: 4096 },
  config(fields) {
    const { nLayers } = llamaSizes(fields);
    const isSliding = fields.flag("use_sliding_window", false);
    const first = isSliding ? fields.layer("max_window_layers", 28) : 0;
    const windows = windowsOf(fields, nLayers, (layer) => layer >= first, !isSliding);
    const hasBias = fields.flag("attention_bias", false);
    const epsilon = fields.number("rms_norm_eps", 1e-6);
    return llamaConfig(fields, {
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias, qkNorm: { kind: "rms", epsilon, over: "head" } },
      layer: (i, attention) => ({ attention: { ...attention, window: windows[i] } }),
    });
  },
  tensors: (config) => llamaTensors(config),
};
