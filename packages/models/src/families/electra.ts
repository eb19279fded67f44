import { encoderEmbedSpecs, encoderLayerSpecs, maskedHeadSpecs } from "../transformer/bert-like.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { denseSpecs } from "../transformer/specs.ts";

/** ELECTRA's generator: BERT with a narrower embedding, and a head whose activation is always gelu. */
export const electra: Family = {
  modelTypes: ["electra"],
  prefix: "electra.",
  ignored: /^generator_lm_head\.weight$/,
  config(fields) {
    fields.only("is_decoder", false);
    fields.only("add_cross_attention", false);
    fields.only("position_embedding_type", "absolute");
    const dModel = fields.size("hidden_size");
    const nPositions = fields.size("max_position_embeddings", 512);
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-12));
    const width = fields.size("embedding_size", 128);
    const activation = fields.activation("hidden_act", "gelu");
    return transformerConfig(fields, {
      modelType: "electra",
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
        width,
        projection: width === dModel ? undefined : { hasBias: true },
        isEncoder: true,
        tokenTypes: fields.size("type_vocab_size", 2),
        positions: { count: nPositions, offset: 0 },
      },
      head: {
        norm: undefined,
        hasBias: true,
        isTied: fields.flag("tie_word_embeddings", true),
        transform: { width, activation: "gelu", norm },
      },
    });
  },
  tensors(config) {
    const { dModel, embed } = config;
    const names = {
      dense: "generator_predictions.dense",
      norm: "generator_predictions.LayerNorm",
      bias: "generator_lm_head.bias",
      decoder: "generator_lm_head",
    };
    return [
      ...encoderEmbedSpecs(config, "electra.embeddings"),
      ...(embed.projection === undefined
        ? []
        : denseSpecs("electra.embeddings_project", [embed.width, dModel], "embed_in", true, "")),
      ...encoderLayerSpecs(config, "electra.encoder.layer"),
      ...maskedHeadSpecs(config, names),
    ];
  },
};
