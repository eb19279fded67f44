import { alibiSlopes } from "../transformer/alibi.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import {
  embeddingSpecs,
  fusedAttentionSpecs,
  normSpecs,
  plainMlpSpecs,
} from "../transformer/standard-tensors.ts";

/** MPT: biases by distance, no other biases, clamped projections. As Hugging Face, it always has alibi and 4 times the width. */
export const mpt: Family = {
  modelTypes: ["mpt"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.size("d_model");
    const nHeads = fields.size("n_heads");
    const attention = fields.below("attn_config");
    return transformerConfig(fields, {
      modelType: "mpt",
      dModel,
      nHeads,
      nLayers: fields.layers("n_layers"),
      dMlp: 4 * dModel,
      dVocab: fields.size("vocab_size"),
      norm: layerNorm(fields.number("layer_norm_epsilon", 1e-5), false),
      activation: "gelu",
      scale: attention.optionalNumber("softmax_scale") ?? 1 / Math.sqrt(dModel / nHeads),
      attention: {
        clip: attention.optionalNumber("clip_qkv"),
        alibi: { slopes: alibiSlopes(nHeads, "reordered"), from: "last" },
      },
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...embeddingSpecs(config, "transformer.wte", "lm_head"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`transformer.blocks.${layer}`, `blocks.${layer}`];
        return [
          ...normSpecs(`${at}.norm_1`, norm, dModel, `${to}.ln1`),
          ...normSpecs(`${at}.norm_2`, norm, dModel, `${to}.ln2`),
          ...fusedAttentionSpecs(
            config,
            { qkv: `${at}.attn.Wqkv`, o: `${at}.attn.out_proj` },
            `${to}.attn.`,
            "thirds",
          ),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.ffn.up_proj`, out: `${at}.ffn.down_proj` }, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("transformer.norm_f", norm, dModel, "ln_final"),
    ];
  },
};
