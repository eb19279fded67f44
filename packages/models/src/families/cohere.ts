import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** Cohere: parallel blocks with one norm without bias, rotation of adjacent pairs, scaled logits. */
export const cohere: Family = {
  modelTypes: ["cohere"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-5), false);
    const isNormed = fields.flag("use_qk_norm", false);
    return transformerConfig(fields, {
      modelType: "cohere",
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
      attention: isNormed ? { queryKeyNorm: { over: "each-head", norm } } : {},
      block: { order: "parallel", ln2: false },
      rotation: readRotation(fields, { dHead, isAdjacent: true }),
      head: {
        isTied: fields.flag("tie_word_embeddings", true),
        scale: fields.number("logit_scale", 0.0625),
      },
    });
  },
  tensors: (config) => llamaTensors(config),
};
