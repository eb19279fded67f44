import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** Gemma: gains are 1 + weight, embeddings are multiplied by the root of the width, `gelu` means its tanh form. */
export const gemma: Family = {
  modelTypes: ["gemma"],
  prefix: "model.",
  config(fields) {
    fields.only("use_bidirectional_attention", false);
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const dHead = fields.size("head_dim", 256);
    const activation = fields.activation("hidden_activation", fields.activation("hidden_act", "gelu_pytorch_tanh"));
    return transformerConfig(fields, {
      modelType: "gemma",
      dModel,
      nHeads,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm: { ...rmsNorm(fields.number("rms_norm_eps", 1e-6)), isGainPlusOne: true },
      activation: activation === "gelu" ? "gelu_pytorch_tanh" : activation,
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      rotation: readRotation(fields, { dHead }),
      embed: { scale: Math.sqrt(dModel) },
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
