import { encoderEmbedSpecs, maskedHeadSpecs } from "../transformer/bert-like.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { attentionSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** DistilBERT: BERT without token types, under names of its own. */
export const distilbert: Family = {
  modelTypes: ["distilbert"],
  prefix: "distilbert.",
  ignored: /^vocab_projector\.weight$/,
  config(fields) {
    const dModel = fields.size("dim");
    const nPositions = fields.size("max_position_embeddings", 512);
    const norm = layerNorm(1e-12);
    const activation = fields.activation("activation", "gelu");
    return transformerConfig(fields, {
      modelType: "distilbert",
      kind: "encoder",
      dModel,
      nPositions,
      nHeads: fields.size("n_heads"),
      nLayers: fields.layers("n_layers"),
      dMlp: fields.size("hidden_dim"),
      dVocab: fields.size("vocab_size"),
      norm,
      activation,
      isCausal: false,
      attentionBias: true,
      mlpBias: true,
      block: { order: "post" },
      embed: { norm, isEncoder: true, positions: { count: nPositions, offset: 0 } },
      head: {
        norm: undefined,
        hasBias: true,
        isTied: fields.flag("tie_word_embeddings", true),
        transform: { width: dModel, activation, norm },
      },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...encoderEmbedSpecs(config, "distilbert.embeddings"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`distilbert.transformer.layer.${layer}`, `blocks.${layer}`];
        const own = `${at}.attention`;
        const names = { q: `${own}.q_lin`, k: `${own}.k_lin`, v: `${own}.v_lin`, o: `${own}.out_lin` };
        return [
          ...attentionSpecs(config, names, `${to}.attn.`),
          ...normSpecs(`${at}.sa_layer_norm`, norm, dModel, `${to}.ln1`),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.ffn.lin1`, out: `${at}.ffn.lin2` }, `${to}.mlp.`),
          ...normSpecs(`${at}.output_layer_norm`, norm, dModel, `${to}.ln2`),
        ];
      }),
      ...maskedHeadSpecs(config, {
        dense: "vocab_transform",
        norm: "vocab_layer_norm",
        bias: "vocab_projector.bias",
        decoder: "vocab_projector",
      }),
    ];
  },
};
