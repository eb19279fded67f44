import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** Llama: RMS norms, rotation, grouped heads, gated MLP. */
export const llama: Family = {
  modelTypes: ["llama"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    return transformerConfig(fields, {
      modelType: "llama",
      dModel,
      nHeads,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-6)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      mlpBias: fields.flag("mlp_bias", false),
      rotation: readRotation(fields, { dHead }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
