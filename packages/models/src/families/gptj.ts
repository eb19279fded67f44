import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { attentionSpecs, embeddingSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** GPT-J: parallel blocks with one norm, rotation of adjacent pairs in part of each head. */
export const gptj: Family = {
  modelTypes: ["gptj"],
  prefix: "transformer.",
  ignored: /^h\.\d+\.attn\.(bias|masked_bias|embed_positions)$/,
  config(fields) {
    const dModel = fields.size("n_embd");
    const nHeads = fields.size("n_head");
    const dHead = dModel / nHeads;
    const dims = fields.optionalSize("rotary_dim") ?? dHead;
    return transformerConfig(fields, {
      modelType: "gptj",
      dModel,
      nHeads,
      nLayers: fields.layers("n_layer"),
      dMlp: fields.optionalSize("n_inner") ?? 4 * dModel,
      dVocab: fields.size("vocab_size"),
      norm: layerNorm(fields.number("layer_norm_epsilon", 1e-5)),
      activation: fields.activation("activation_function", "gelu_new"),
      mlpBias: true,
      block: { order: "parallel", isOneNorm: true },
      rotation: { base: 10000, dims, isAdjacent: true, scaling: { type: "none" } },
      head: { isTied: fields.flag("tie_word_embeddings", false), hasBias: true },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...embeddingSpecs(config, "transformer.wte", "lm_head"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`transformer.h.${layer}`, `blocks.${layer}`];
        const attn = `${at}.attn`;
        const names = { q: `${attn}.q_proj`, k: `${attn}.k_proj`, v: `${attn}.v_proj`, o: `${attn}.out_proj` };
        return [
          ...normSpecs(`${at}.ln_1`, norm, dModel, `${to}.ln1`),
          ...attentionSpecs(config, names, `${to}.attn.`),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.mlp.fc_in`, out: `${at}.mlp.fc_out` }, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("transformer.ln_f", norm, dModel, "ln_final"),
    ];
  },
};
