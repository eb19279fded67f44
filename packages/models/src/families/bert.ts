import { encoderConfig } from "../transformer/encoder.ts";
import { BERT_PARTS, encoderTensors } from "../transformer/encoder-specs.ts";
import type { Family } from "../transformer/family.ts";

/** BERT with its head for masked tokens. @see Devlin et al., https://arxiv.org/abs/1810.04805 */
export const bert: Family = {
  modelTypes: ["bert"],
  prefix: "bert.",
  ignored: /(^|\.)pooler\.|cls\.seq_relationship\.|cls\.predictions\.decoder\.bias/,
  config: (fields) => encoderConfig(fields),
  tensors: (config) =>
    encoderTensors(config, {
      embeddings: "bert.embeddings",
      layer: (i) => `bert.encoder.layer.${i}`,
      parts: BERT_PARTS,
      head: {
        dense: "cls.predictions.transform.dense",
        norm: "cls.predictions.transform.LayerNorm",
        bias: "cls.predictions.bias",
        weight: "cls.predictions.decoder.weight",
        ownBias: "cls.predictions.decoder.bias",
      },
    }),
};
