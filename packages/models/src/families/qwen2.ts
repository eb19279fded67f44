import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";
import { readSliding } from "../transformer/windows.ts";

/** Qwen 2: Llama with biases on queries, keys and values; later layers may slide. */
export const qwen2: Family = {
  modelTypes: ["qwen2"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const window = fields.flag("use_sliding_window", false) ? fields.optionalSize("sliding_window") : undefined;
    const first = fields.absent("max_window_layers") ? 28 : Number(fields.raw("max_window_layers"));
    const sliding = readSliding(fields, nLayers, (layer) => layer >= first);
    return transformerConfig(fields, {
      modelType: "qwen2",
      dModel,
      nHeads,
      dHead,
      nLayers,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-6)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: { q: true, k: true, v: true, o: false },
      rotation: readRotation(fields, { dHead }),
      layer: (index) => ({ window: sliding[index] === true ? window : undefined }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
