import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** OLMo 2: norms after the branches alone, and norms over all queries and all keys. */
export const olmo2: Family = {
  modelTypes: ["olmo2"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const norm = rmsNorm(fields.number("rms_norm_eps", 1e-5));
    return transformerConfig(fields, {
      modelType: "olmo2",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm,
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      attention: { queryKeyNorm: { over: "projection", norm } },
      block: { ln1: false, ln2: false, postNorms: true },
      rotation: readRotation(fields, { dHead }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) =>
    llamaTensors(config, { ln1Post: "post_attention_layernorm", ln2Post: "post_feedforward_layernorm" }),
};
