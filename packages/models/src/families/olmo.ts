import { transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** OLMo: Llama with norms that have neither gain nor bias, and clamped projections. */
export const olmo: Family = {
  modelTypes: ["olmo"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    return transformerConfig(fields, {
      modelType: "olmo",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm: { kind: "layer", epsilon: 1e-5, hasGain: false, hasBias: false },
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      attention: { clip: fields.optionalNumber("clip_qkv") },
      rotation: readRotation(fields, { dHead }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
