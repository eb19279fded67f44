import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** StarCoder 2: layer norms, plain MLP, a sliding window. */
export const starcoder2: Family = {
  modelTypes: ["starcoder2"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    return transformerConfig(fields, {
      modelType: "starcoder2",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm: layerNorm(fields.number("norm_epsilon", 1e-5)),
      activation: fields.activation("hidden_act", "gelu_pytorch_tanh"),
      attentionBias: fields.flag("use_bias", true),
      mlpBias: fields.flag("use_bias", true),
      rotation: readRotation(fields, { dHead }),
      window: fields.optionalSize("sliding_window"),
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors: (config) =>
    llamaTensors(config, {}, (layer, at, prefix) =>
      plainMlpSpecs(config, config.layers[layer]?.dMlp ?? 0, { in: `${at}.c_fc`, out: `${at}.c_proj` }, prefix),
    ),
};
