import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { embeddingSpecs, fusedAttentionSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";
import { plain } from "../transformer/specs.ts";

/** GPT-2. Weights are stored `[in, out]`; queries, keys and values are thirds of one matrix. */
export const gpt2: Family = {
  modelTypes: ["gpt2"],
  prefix: "transformer.",
  ignored: /^h\.\d+\.attn\.(masked_)?bias$/,
  config(fields) {
    fields.only("add_cross_attention", false);
    const dModel = fields.size("n_embd");
    const nHeads = fields.size("n_head");
    fields.divides("n_head", nHeads, dModel, "n_embd");
    const width = fields.flag("scale_attn_weights", true) ? Math.sqrt(dModel / nHeads) : 1;
    const isByLayer = fields.flag("scale_attn_by_inverse_layer_idx", false);
    const nPositions = fields.size("n_positions", 1024);
    return transformerConfig(fields, {
      modelType: "gpt2",
      dModel,
      nHeads,
      nLayers: fields.layers("n_layer"),
      dMlp: fields.optionalSize("n_inner") ?? 4 * dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      norm: layerNorm(fields.number("layer_norm_epsilon", 1e-5)),
      activation: fields.activation("activation_function", "gelu_new"),
      attentionBias: true,
      mlpBias: true,
      embed: { positions: { count: nPositions, offset: 0 } },
      head: { isTied: fields.flag("tie_word_embeddings", true) },
      layer: (index) => ({ scale: 1 / (width * (isByLayer ? index + 1 : 1)) }),
    });
  },
  tensors(config) {
    const { dModel, norm, nPositions = 0 } = config;
    return [
      ...embeddingSpecs(config, "transformer.wte", "lm_head"),
      plain("transformer.wpe.weight", [nPositions, dModel], "W_pos"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`transformer.h.${layer}`, `blocks.${layer}`];
        return [
          ...normSpecs(`${at}.ln_1`, norm, dModel, `${to}.ln1`),
          ...fusedAttentionSpecs(
            config,
            { qkv: `${at}.attn.c_attn`, o: `${at}.attn.c_proj` },
            `${to}.attn.`,
            "thirds",
            true,
          ),
          ...normSpecs(`${at}.ln_2`, norm, dModel, `${to}.ln2`),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.mlp.c_fc`, out: `${at}.mlp.c_proj` }, `${to}.mlp.`, true),
        ];
      }),
      ...normSpecs("transformer.ln_f", norm, dModel, "ln_final"),
    ];
  },
};
