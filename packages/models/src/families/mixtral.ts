import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { denseSpecs } from "../transformer/specs.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** Mixtral: Mistral with experts, whose chosen weights are renormalised. */
export const mixtral: Family = {
  modelTypes: ["mixtral"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    return transformerConfig(fields, {
      modelType: "mixtral",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-5)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      rotation: readRotation(fields, { dHead }),
      window: fields.optionalSize("sliding_window"),
      layer: () => ({
        experts: {
          count: fields.size("num_local_experts", 8),
          chosen: fields.size("num_experts_per_tok", 2),
          weights: "renormalised",
          hasRouterBias: false,
        },
      }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) =>
    llamaTensors(config, {}, (layer, at, prefix) => {
      const { dMlp = 0, experts } = config.layers[layer] ?? {};
      const root = at.replace(/mlp$/, "block_sparse_moe");
      const { dModel } = config;
      return [
        ...denseSpecs(`${root}.gate`, [dModel, experts?.count ?? 0], "router", false, prefix),
        ...Array.from({ length: experts?.count ?? 0 }, (_, i) => [
          ...denseSpecs(`${root}.experts.${i}.w1`, [dModel, dMlp], "gate", false, `${prefix}experts.${i}.`),
          ...denseSpecs(`${root}.experts.${i}.w3`, [dModel, dMlp], "in", false, `${prefix}experts.${i}.`),
          ...denseSpecs(`${root}.experts.${i}.w2`, [dMlp, dModel], "out", false, `${prefix}experts.${i}.`),
        ]).flat(),
      ];
    }),
};
