import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";
import { readSliding } from "../transformer/windows.ts";

/** Cohere 2: Cohere, whose sliding layers rotate and whose full ones have no positions. */
export const cohere2: Family = {
  modelTypes: ["cohere2"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-5), false);
    const pattern = fields.size("sliding_window_pattern", fields.size("_sliding_window_pattern", 4));
    const sliding = readSliding(fields, nLayers, (layer) => (layer + 1) % pattern !== 0);
    const window = fields.size("sliding_window", 4096);
    const rotation = readRotation(fields, { dHead, isAdjacent: true });
    return transformerConfig(fields, {
      modelType: "cohere2",
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
      block: { order: "parallel", ln2: false },
      layer: (index) => (sliding[index] === true ? { window, rotation } : {}),
      head: {
        isTied: fields.flag("tie_word_embeddings", true),
        scale: fields.number("logit_scale", 0.0625),
      },
    });
  },
  tensors: (config) => llamaTensors(config),
};
