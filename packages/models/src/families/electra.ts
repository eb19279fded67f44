import { encoderConfig } from "../transformer/encoder.ts";
import { BERT_PARTS, encoderTensors } from "../transformer/encoder-specs.ts";
import type { Family } from "../transformer/family.ts";

/** ELECTRA's generator: a narrow embedding is projected after its norm. @see Clark et al., https://arxiv.org/abs/2003.10555 */
export const electra: Family = {
  modelTypes: ["electra"],
  prefix: "electra.",
  config: (fields) =>
    encoderConfig(fields, { dEmbed: fields.width("embedding_size", 128), headActivation: "gelu" }),
  tensors: (config) =>
    encoderTensors(config, {
      embeddings: "electra.embeddings",
      ...(config.embed.projection !== undefined && { projection: "electra.embeddings_project" }),
      layer: (i) => `electra.encoder.layer.${i}`,
      parts: BERT_PARTS,
      head: {
        dense: "generator_predictions.dense",
        norm: "generator_predictions.LayerNorm",
        bias: "generator_lm_head.bias",
        weight: "generator_lm_head.weight",
      },
    }),
};
