import { alibiSlopes } from "../transformer/alibi.ts";
import type { NormConfig, TransformerConfig } from "../transformer/config.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import {
  embeddingSpecs,
  fusedAttentionSpecs,
  normSpecs,
  plainMlpSpecs,
} from "../transformer/standard-tensors.ts";

/** Falcon: one key head, some, or as many as query heads; parallel or sequential; rotation or biases by distance. */
export const falcon: Family = {
  modelTypes: ["falcon"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const dHead = dModel / nHeads;
    const isNew = fields.flag("new_decoder_architecture", false);
    const isOneKey = !isNew && fields.flag("multi_query", true);
    const isParallel = isNew || fields.flag("parallel_attn", true);
    const isAlibi = fields.flag("alibi", false);
    const bias = fields.flag("bias", false);
    const norms = fields.size("num_ln_in_parallel_attn", isNew ? 2 : 1);
    const slopes = alibiSlopes(nHeads, "interleaved");
    return transformerConfig(fields, {
      modelType: "falcon",
      dModel,
      nHeads,
      nKeyHeads: isNew ? fields.size("num_kv_heads", nHeads) : isOneKey ? 1 : nHeads,
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("ffn_hidden_size", 4 * dModel),
      dVocab: fields.size("vocab_size"),
      norm: layerNorm(fields.number("layer_norm_epsilon", 1e-5)),
      activation: fields.activation("activation", "gelu"),
      attentionBias: bias,
      mlpBias: bias,
      block: { order: isParallel ? "parallel" : "sequential", ln2: !isParallel || (isNew && norms === 2) },
      ...(isAlibi
        ? { attention: { alibi: { slopes, from: "first", isRounded: true, scale: 1 / Math.sqrt(dHead) } } }
        : { rotation: readRotation(fields, { dHead }) }),
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...embeddingSpecs(config, "transformer.word_embeddings", "lm_head"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`transformer.h.${layer}`, `blocks.${layer}`];
        const attn = { qkv: `${at}.self_attention.query_key_value`, o: `${at}.self_attention.dense` };
        const mlp = { in: `${at}.mlp.dense_h_to_4h`, out: `${at}.mlp.dense_4h_to_h` };
        return [
          ...blockNorms(config, norm, at, to),
          ...fusedAttentionSpecs(config, attn, `${to}.attn.`, "by-group"),
          ...plainMlpSpecs(config, dMlp, mlp, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("transformer.ln_f", norm, dModel, "ln_final"),
    ];
  },
};

function blockNorms({ block, dModel }: TransformerConfig, norm: NormConfig, at: string, to: string): ReturnType<typeof normSpecs> {
  const isTwo = block.order === "parallel" && block.ln2;
  const [first, second] = isTwo ? ["ln_attn", "ln_mlp"] : ["input_layernorm", "post_attention_layernorm"];
  return [
    ...normSpecs(`${at}.${first}`, norm, dModel, `${to}.ln1`),
    ...(block.ln2 ? normSpecs(`${at}.${second}`, norm, dModel, `${to}.ln2`) : []),
  ];
}
