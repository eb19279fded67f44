import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { RotationConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import type { ConfigFields } from "../transformer/fields.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";
import { readSliding } from "../transformer/windows.ts";

/** Gemma 3 (text): Gemma 2 with norms on queries and keys; sliding layers have a rotation of their own. */
export const gemma3: Family = {
  modelTypes: ["gemma3_text"],
  prefix: "model.",
  config(fields) {
    fields.only("use_bidirectional_attention", false);
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.size("head_dim", 256);
    const pattern = fields.size("sliding_window_pattern", fields.size("_sliding_window_pattern", 6));
    const sliding = readSliding(fields, nLayers, (layer) => (layer + 1) % pattern !== 0);
    const window = fields.size("sliding_window", 4096);
    const norm = { ...rmsNorm(fields.number("rms_norm_eps", 1e-6)), isGainPlusOne: true };
    const full = readRotation(fields, { dHead, layerType: "full_attention", base: 1_000_000 });
    const local = localRotation(fields, dHead);
    return transformerConfig(fields, {
      modelType: "gemma3_text",
      dModel,
      nHeads,
      dHead,
      nLayers,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm,
      activation: fields.activation("hidden_activation", "gelu_pytorch_tanh"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      attention: {
        cap: fields.optionalNumber("attn_logit_softcapping"),
        queryKeyNorm: { over: "head", norm },
      },
      block: { postNorms: true },
      scale: fields.number("query_pre_attn_scalar", 256) ** -0.5,
      layer: (index) =>
        sliding[index] === true ? { window, rotation: local } : { window: undefined, rotation: full },
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

/** Version 4 has one base for sliding layers, and never scales them. */
function localRotation(fields: ConfigFields, dHead: number): RotationConfig {
  if (!fields.absent("rope_parameters")) {
    return readRotation(fields, { dHead, layerType: "sliding_attention" });
  }
  const base = fields.number("rope_local_base_freq", 10000);
  return { base, dims: dHead, isAdjacent: false, scaling: { type: "none" } };
}
