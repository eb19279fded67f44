import { alibiSlopes } from "../transformer/alibi.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import {
  embeddingSpecs,
  fusedAttentionSpecs,
  normSpecs,
  plainMlpSpecs,
} from "../transformer/standard-tensors.ts";

/** Bloom: biases by distance instead of positions, a norm on the embedding. */
export const bloom: Family = {
  modelTypes: ["bloom"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.size("hidden_size", fields.optionalSize("n_embed") ?? 64);
    const nHeads = fields.size("n_head", fields.optionalSize("num_attention_heads") ?? 8);
    const norm = layerNorm(fields.number("layer_norm_epsilon", 1e-5));
    return transformerConfig(fields, {
      modelType: "bloom",
      dModel,
      nHeads,
      nLayers: fields.layers(fields.absent("n_layer") ? "num_hidden_layers" : "n_layer"),
      dMlp: 4 * dModel,
      dVocab: fields.size("vocab_size"),
      norm,
      activation: "gelu_new",
      attentionBias: true,
      mlpBias: true,
      attention: { alibi: { slopes: alibiSlopes(nHeads, "interleaved"), from: "query" } },
      block: { isResidualNormalised: fields.flag("apply_residual_connection_post_layernorm", false) },
      embed: { norm },
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...embeddingSpecs(config, "transformer.word_embeddings", "lm_head"),
      ...normSpecs("transformer.word_embeddings_layernorm", norm, dModel, "embed.ln"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`transformer.h.${layer}`, `blocks.${layer}`];
        const attn = { qkv: `${at}.self_attention.query_key_value`, o: `${at}.self_attention.dense` };
        const mlp = { in: `${at}.mlp.dense_h_to_4h`, out: `${at}.mlp.dense_4h_to_h` };
        return [
          ...normSpecs(`${at}.input_layernorm`, norm, dModel, `${to}.ln1`),
          ...normSpecs(`${at}.post_attention_layernorm`, norm, dModel, `${to}.ln2`),
          ...fusedAttentionSpecs(config, attn, `${to}.attn.`, "by-group"),
          ...plainMlpSpecs(config, dMlp, mlp, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("transformer.ln_f", norm, dModel, "ln_final"),
    ];
  },
};
