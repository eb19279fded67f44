import { encoderConfig } from "../transformer/encoder.ts";
import { BERT_PARTS, encoderTensors } from "../transformer/encoder-specs.ts";
import type { Family } from "../transformer/family.ts";

/** RoBERTa: BERT whose positions are counted from the tokens that are no padding. @see https://arxiv.org/abs/1907.11692 */
export const roberta: Family = {
  modelTypes: ["roberta", "xlm-roberta"],
  prefix: "roberta.",
  ignored: /(^|\.)pooler\.|lm_head\.decoder\.bias/,
  config: (fields) =>
    encoderConfig(fields, { countsFrom: fields.token("pad_token_id") ?? 1, headActivation: "gelu" }),
  tensors: (config) =>
    encoderTensors(config, {
      embeddings: "roberta.embeddings",
      layer: (i) => `roberta.encoder.layer.${i}`,
      parts: BERT_PARTS,
      head: {
        dense: "lm_head.dense",
        norm: "lm_head.layer_norm",
        bias: "lm_head.bias",
        weight: "lm_head.decoder.weight",
        ownBias: "lm_head.decoder.bias",
      },
    }),
};
