import { encoderEmbedSpecs, maskedHeadSpecs } from "../transformer/bert-like.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { denseSpecs } from "../transformer/specs.ts";
import { attentionSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** ALBERT: BERT with a narrower embedding, whose layers share weights in groups. */
export const albert: Family = {
  modelTypes: ["albert"],
  prefix: "albert.",
  ignored: /^(pooler\.|sop_classifier\.|predictions\.decoder\.)/,
  config(fields) {
    fields.only("is_decoder", false);
    fields.only("add_cross_attention", false);
    fields.only("position_embedding_type", "absolute");
    const dModel = fields.size("hidden_size");
    const nPositions = fields.size("max_position_embeddings", 512);
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-12));
    fields.only("inner_group_num", 1);
    const nLayers = fields.layers("num_hidden_layers");
    const groups = fields.size("num_hidden_groups", 1);
    const width = fields.size("embedding_size", 128);
    const activation = fields.activation("hidden_act", "gelu_new");
    return transformerConfig(fields, {
      modelType: "albert",
      kind: "encoder",
      dModel,
      nPositions,
      nHeads: fields.size("num_attention_heads"),
      nLayers,
      layer: (index) => ({ weights: Math.floor((index * groups) / nLayers) }),
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
        projection: { hasBias: true },
        isEncoder: true,
        tokenTypes: fields.size("type_vocab_size", 2),
        positions: { count: nPositions, offset: 0 },
      },
      head: {
        norm: undefined,
        hasBias: true,
        isTied: fields.flag("tie_word_embeddings", true),
        transform: { width, activation, norm },
      },
    });
  },
  tensors(config) {
    const { dModel, embed, norm } = config;
    const groups = new Set(config.layers.map(({ weights }) => weights));
    const names = {
      dense: "predictions.dense",
      norm: "predictions.LayerNorm",
      bias: "predictions.bias",
      decoder: "predictions.decoder",
    };
    return [
      ...encoderEmbedSpecs(config, "albert.embeddings"),
      ...(embed.projection === undefined
        ? []
        : denseSpecs("albert.encoder.embedding_hidden_mapping_in", [embed.width, dModel], "embed_in", true, "")),
      ...[...groups].flatMap((group) => {
        const [at, to] = [`albert.encoder.albert_layer_groups.${group}.albert_layers.0`, `blocks.${group}`];
        const own = `${at}.attention`;
        const attn = { q: `${own}.query`, k: `${own}.key`, v: `${own}.value`, o: `${own}.dense` };
        return [
          ...attentionSpecs(config, attn, `${to}.attn.`),
          ...normSpecs(`${own}.LayerNorm`, norm, dModel, `${to}.ln1`),
          ...plainMlpSpecs(config, config.layers[0]?.dMlp ?? 0, { in: `${at}.ffn`, out: `${at}.ffn_output` }, `${to}.mlp.`),
          ...normSpecs(`${at}.full_layer_layer_norm`, norm, dModel, `${to}.ln2`),
        ];
      }),
      ...maskedHeadSpecs(config, names),
    ];
  },
};
