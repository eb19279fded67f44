import { encoderEmbedSpecs, encoderLayerSpecs, maskedHeadSpecs } from "../transformer/bert-like.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";

/** RoBERTa: BERT, whose positions are counted from the ids that are not padding. */
export const roberta: Family = {
  modelTypes: ["roberta"],
  prefix: "roberta.",
  ignored: /^(pooler\.|lm_head\.decoder\.)/,
  config(fields) {
    fields.only("is_decoder", false);
    fields.only("add_cross_attention", false);
    fields.only("position_embedding_type", "absolute");
    const dModel = fields.size("hidden_size");
    const pad = fields.token("pad_token_id") ?? 1;
    const count = fields.size("max_position_embeddings", 514);
    const nPositions = Math.max(1, count - pad - 1);
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-12));
    const activation = fields.activation("hidden_act", "gelu");
    return transformerConfig(fields, {
      modelType: "roberta",
      kind: "encoder",
      dModel,
      nPositions,
      nHeads: fields.size("num_attention_heads"),
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm,
      activation,
      isCausal: false,
      attentionBias: true,
      mlpBias: true,
      block: { order: "post" },
      embed: {
        norm,
        isEncoder: true,
        tokenTypes: fields.size("type_vocab_size", 2),
        positions: { count, offset: pad + 1, fromIds: pad },
      },
      head: {
        norm: undefined,
        hasBias: true,
        isTied: fields.flag("tie_word_embeddings", true),
        transform: { width: dModel, activation, norm },
      },
    });
  },
  tensors(config) {
    const head = "lm_head";
    const names = {
      dense: `${head}.dense`,
      norm: `${head}.layer_norm`,
      bias: `${head}.bias`,
      decoder: `${head}.decoder`,
    };
    return [
      ...encoderEmbedSpecs(config, "roberta.embeddings"),
      ...encoderLayerSpecs(config, "roberta.encoder.layer"),
      ...maskedHeadSpecs(config, names),
    ];
  },
};
