import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { denseSpecs, plain } from "../transformer/specs.ts";
import { attentionSpecs, embeddingSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** OPT: positions from 2 on; norms before or after the branches; embeddings may be narrower than the model. */
export const opt: Family = {
  modelTypes: ["opt"],
  prefix: "model.",
  config(fields) {
    fields.only("enable_bias", true);
    fields.only("layer_norm_elementwise_affine", true);
    fields.only("_remove_final_layer_norm", false);
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const isBefore = fields.flag("do_layer_norm_before", true);
    const width = fields.size("word_embed_proj_dim", dModel);
    const isNarrow = width !== dModel;
    const nPositions = fields.size("max_position_embeddings", 2048);
    return transformerConfig(fields, {
      modelType: "opt",
      dModel,
      nHeads,
      nPositions,
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("ffn_dim"),
      dVocab: fields.size("vocab_size"),
      norm: layerNorm(1e-5),
      activation: fields.activation("activation_function", "relu"),
      attentionBias: true,
      mlpBias: true,
      block: { order: isBefore ? "sequential" : "post" },
      embed: {
        width,
        positions: { count: nPositions + 2, offset: 2 },
        projection: isNarrow ? { hasBias: false } : undefined,
      },
      head: {
        isTied: fields.flag("tie_word_embeddings", true),
        norm: isBefore ? layerNorm(1e-5) : undefined,
        projection: isNarrow ? { width } : undefined,
      },
    });
  },
  tensors(config) {
    const { dModel, norm, embed, head } = config;
    const root = "model.decoder";
    return [
      ...embeddingSpecs(config, `${root}.embed_tokens`, "lm_head"),
      plain(`${root}.embed_positions.weight`, [embed.positions?.count ?? 0, dModel], "W_pos"),
      ...(embed.projection === undefined
        ? []
        : [
            ...denseSpecs(`${root}.project_in`, [embed.width, dModel], "embed_in", false, ""),
            ...denseSpecs(`${root}.project_out`, [dModel, embed.width], "project_out", false, ""),
          ]),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`${root}.layers.${layer}`, `blocks.${layer}`];
        const attn = `${at}.self_attn`;
        const names = { q: `${attn}.q_proj`, k: `${attn}.k_proj`, v: `${attn}.v_proj`, o: `${attn}.out_proj` };
        return [
          ...normSpecs(`${at}.self_attn_layer_norm`, norm, dModel, `${to}.ln1`),
          ...attentionSpecs(config, names, `${to}.attn.`),
          ...normSpecs(`${at}.final_layer_norm`, norm, dModel, `${to}.ln2`),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.fc1`, out: `${at}.fc2` }, `${to}.mlp.`),
        ];
      }),
      ...(head.norm === undefined ? [] : normSpecs(`${root}.final_layer_norm`, norm, dModel, "ln_final")),
    ];
  },
};
