import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";

/**
 * Gemma 2: norms before and behind attention and MLP, capped scores and logits, every second layer slides, the first one
 * does. @see Gemma Team, https://arxiv.org/abs/2408.00118
 */
export const gemma2: Family = {
  modelTypes: ["gemma2"],
  prefix: "model.",
  defaults: {
    hidden_activation: "gelu_pytorch_tanh",
    head_dim: 256,
    num_key_value_heads: 4,
    max_position_embeddings: 8192,
    sliding_window: 4096,
    query_pre_attn_scalar: 256,
    attn_logit_softcapping: 50,
    final_logit_softcapping: 30,
  },
  config(fields) {
    const { nLayers, dModel, dHead } = llamaSizes(fields);
    const windows = windowsOf(fields, nLayers, (layer) => layer % 2 === 0);
    const hasBias = fields.flag("attention_bias", false);
    fields.only("use_bidirectional_attention", [false]);
    return llamaConfig(fields, {
      isTied: true,
      norm: (epsilon) => ({ kind: "rms", epsilon, plus: 1 }),
      norms: ["ln1", "ln1_post", "ln2", "ln2_post"],
      activationFields: ["hidden_activation"],
      embed: { scale: Math.sqrt(dModel) },
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        scale: fields.number("query_pre_attn_scalar", dHead) ** -0.5,
        cap: fields.has("attn_logit_softcapping") ? fields.number("attn_logit_softcapping") : undefined,
      },
      head: {
        cap: fields.has("final_logit_softcapping") ? fields.number("final_logit_softcapping") : undefined,
      },
      layer: (i, attention) => ({ attention: { ...attention, window: windows[i] } }),
    });
  },
  tensors: (config) => llamaTensors(config, { norms: { ln2: "pre_feedforward_layernorm" } }),
};
