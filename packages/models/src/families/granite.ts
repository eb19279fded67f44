import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** Granite: Llama with multipliers of embeddings, branches, scores and logits. */
export const granite: Family = {
  modelTypes: ["granite"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    return transformerConfig(fields, {
      modelType: "granite",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-6)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      mlpBias: fields.flag("mlp_bias", false),
      scale: fields.number("attention_multiplier", 1),
      block: { branchScale: fields.number("residual_multiplier", 1) },
      rotation: readRotation(fields, { dHead }),
      embed: { scale: fields.number("embedding_multiplier", 1) },
      head: {
        isTied: fields.flag("tie_word_embeddings", false),
        scale: 1 / fields.number("logits_scaling", 1),
      },
    });
  },
  tensors: (config) => llamaTensors(config),
};
