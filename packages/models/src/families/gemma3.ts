import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaRotary, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/**
 * Gemma 3's text model: as Gemma 2 with norms of queries and keys; layers that slide turn by their own base, unscaled.
 * @see Gemma Team, https://arxiv.org/abs/2503.19786
 */
export const gemma3: Family = {
  modelTypes: ["gemma3_text"],
  prefix: "model.",
  defaults: {
    hidden_activation: "gelu_pytorch_tanh",
    head_dim: 256,
    num_key_value_heads: 4,
    max_position_embeddings: 131072,
    sliding_window: 4096,
  },
  config(fields) {
    const sizes = llamaSizes(fields);
    const every = fields.size(["sliding_window_pattern", "_sliding_window_pattern"], 6);
    const windows = windowsOf(fields, sizes.nLayers, (layer) => (layer + 1) % every !== 0);
    const types = fields.words("layer_types", sizes.nLayers);
    const epsilon = fields.number("rms_norm_eps", 1e-6);
    const hasBias = fields.flag("attention_bias", false);
    fields.only("use_bidirectional_attention", [false]);
    const full = llamaRotary(fields, sizes, { layerType: "full_attention", base: 1e6 });
    const nested = fields.object("rope_parameters").has("sliding_attention");
    const sliding = nested
      ? llamaRotary(fields, sizes, { layerType: "sliding_attention" })
      : {
          ...full,
          base: fields.number("rope_local_base_freq", 10000),
          scaling: { kind: "default" as const },
        };
    return llamaConfig(fields, {
      isTied: true,
      norm: () => ({ kind: "rms", epsilon, plus: 1 }),
      norms: ["ln1", "ln1_post", "ln2", "ln2_post"],
      activationFields: ["hidden_activation"],
      rotary: { layerType: "full_attention", base: 1e6 },
      embed: { scale: Math.sqrt(sizes.dModel) },
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        scale: fields.number("query_pre_attn_scalar", 256) ** -0.5,
        qkNorm: { kind: "rms", epsilon, plus: 1, over: "head" },
      },
      // Of the two caps that a config may name, Hugging Face's attention leaves its own out.
      head: {
        cap: fields.has("final_logit_softcapping") ? fields.number("final_logit_softcapping") : undefined,
      },
      layer(i, attention) {
        const slides = types === undefined ? (i + 1) % every !== 0 : types[i] === "sliding_attention";
        return { attention: { ...attention, window: windows[i], rotary: slides ? sliding : full } };
      },
    });
  },
  tensors: (config) => llamaTensors(config, { norms: { ln2: "pre_feedforward_layernorm" } }),
};
