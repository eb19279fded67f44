import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaRotary, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/** SmolLM 3: Llama in which some layers do not turn: `no_rope_layers` is 1 where a layer does. */
export const smollm3: Family = {
  modelTypes: ["smollm3"],
  prefix: "model.",
  defaults: { num_key_value_heads: 4, max_position_embeddings: 32768 },
  config(fields) {
    const sizes = llamaSizes(fields);
    const rotary = llamaRotary(fields, sizes, { base: 2e6 });
    const every = fields.size("no_rope_layer_interval", 4);
    const given = fields.raw("no_rope_layers");
    const turns = (layer: number): boolean =>
      Array.isArray(given) ? given[layer] === 1 : (layer + 1) % every !== 0;
    const hasBias = fields.flag("attention_bias", false);
    const isSliding = fields.flag("use_sliding_window", false);
    const windows = windowsOf(fields, sizes.nLayers, (layer) => !turns(layer), !isSliding);
    return llamaConfig(fields, {
      isTied: true,
      rotary: { base: 2e6 },
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias },
      mlp: { hasBias: fields.flag("mlp_bias", false) },
      layer: (i, attention) => ({
        attention: { ...attention, window: windows[i], rotary: turns(i) ? rotary : undefined },
      }),
    });
  },
  tensors: (config) => llamaTensors(config),
};
