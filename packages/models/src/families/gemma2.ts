import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";
import { readSliding } from "../transformer/windows.ts";

/** Gemma 2: Gemma with norms before and after both branches, caps on scores and logits; even layers slide. */
export const gemma2: Family = {
  modelTypes: ["gemma2"],
  prefix: "model.",
  config(fields) {
    fields.only("use_bidirectional_attention", false);
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.size("head_dim", 256);
    const sliding = readSliding(fields, nLayers, (layer) => layer % 2 === 0);
    const window = fields.size("sliding_window", 4096);
    return transformerConfig(fields, {
      modelType: "gemma2",
      dModel,
      nHeads,
      dHead,
      nLayers,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm: { ...rmsNorm(fields.number("rms_norm_eps", 1e-6)), isGainPlusOne: true },
      activation: fields.activation("hidden_activation", "gelu_pytorch_tanh"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      attention: { cap: fields.optionalNumber("attn_logit_softcapping") },
      block: { postNorms: true },
      scale: fields.number("query_pre_attn_scalar", 256) ** -0.5,
      rotation: readRotation(fields, { dHead }),
      layer: (index) => ({ window: sliding[index] === true ? window : undefined }),
      embed: { scale: Math.sqrt(dModel) },
      head: {
        isTied: fields.flag("tie_word_embeddings", true),
        cap: fields.optionalNumber("final_logit_softcapping"),
      },
    });
  },
  tensors: (config) =>
    llamaTensors(config, {
      ln2: "pre_feedforward_layernorm",
      ln1Post: "post_attention_layernorm",
      ln2Post: "post_feedforward_layernorm",
    }),
};
