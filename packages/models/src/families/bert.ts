import { encoderEmbedSpecs, encoderLayerSpecs, maskedHeadSpecs } from "../transformer/bert-like.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";

/** BERT, as a masked language model: sees both ways, norms after each addition. */
export const bert: Family = {
  modelTypes: ["bert"],
  prefix: "bert.",
  ignored: /^(pooler\.|cls\.seq_relationship\.|cls\.predictions\.decoder\.)/,
  config(fields) {
    fields.only("is_decoder", false);
    fields.only("add_cross_attention", false);
    fields.only("position_embedding_type", "absolute");
    const dModel = fields.size("hidden_size");
    const nPositions = fields.size("max_position_embeddings", 512);
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-12));
    const activation = fields.activation("hidden_act", "gelu");
    return transformerConfig(fields, {
      modelType: "bert",
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
        positions: { count: nPositions, offset: 0 },
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
    const head = "cls.predictions";
    const names = {
      dense: `${head}.transform.dense`,
      norm: `${head}.transform.LayerNorm`,
      bias: `${head}.bias`,
      decoder: `${head}.decoder`,
    };
    return [
      ...encoderEmbedSpecs(config, "bert.embeddings"),
      ...encoderLayerSpecs(config, "bert.encoder.layer"),
      ...maskedHeadSpecs(config, names),
    ];
  },
};
