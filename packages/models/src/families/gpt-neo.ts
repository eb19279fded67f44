import { configUnsupported } from "../errors.ts";
import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import type { ConfigFields } from "../transformer/fields.ts";
import { plain } from "../transformer/specs.ts";
import { attentionSpecs, embeddingSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** GPT-Neo: scores are not scaled, every second layer sees a window. */
export const gptNeo: Family = {
  modelTypes: ["gpt_neo"],
  prefix: "transformer.",
  ignored: /^h\.\d+\.attn\.attention\.(bias|masked_bias)$/,
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nLayers = fields.layers("num_layers");
    const nPositions = fields.size("max_position_embeddings", 2048);
    const window = fields.size("window_size", 256);
    const kinds = layerKinds(fields, nLayers);
    return transformerConfig(fields, {
      modelType: "gpt_neo",
      dModel,
      nLayers,
      nPositions,
      nHeads: fields.size("num_heads"),
      dMlp: fields.optionalSize("intermediate_size") ?? 4 * dModel,
      dVocab: fields.size("vocab_size"),
      norm: layerNorm(fields.number("layer_norm_epsilon", 1e-5)),
      activation: fields.activation("activation_function", "gelu_new"),
      attentionBias: { q: false, k: false, v: false, o: true },
      mlpBias: true,
      scale: 1,
      layer: (index) => ({ window: kinds[index] === "local" ? window : undefined }),
      embed: { positions: { count: nPositions, offset: 0 } },
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors(config) {
    const { dModel, norm, nPositions = 0 } = config;
    return [
      ...embeddingSpecs(config, "transformer.wte", "lm_head"),
      plain("transformer.wpe.weight", [nPositions, dModel], "W_pos"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`transformer.h.${layer}`, `blocks.${layer}`];
        const attn = `${at}.attn.attention`;
        const names = { q: `${attn}.q_proj`, k: `${attn}.k_proj`, v: `${attn}.v_proj`, o: `${attn}.out_proj` };
        return [
          ...normSpecs(`${at}.ln_1`, norm, dModel, `${to}.ln1`),
          ...normSpecs(`${at}.ln_2`, norm, dModel, `${to}.ln2`),
          ...attentionSpecs(config, names, `${to}.attn.`),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.mlp.c_fc`, out: `${at}.mlp.c_proj` }, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("transformer.ln_f", norm, dModel, "ln_final"),
    ];
  },
};

/** `[[["global", "local"], 2]]` is global, local, global, local. */
function layerKinds(fields: ConfigFields, nLayers: number): unknown[] {
  const given = fields.raw("attention_types") ?? [[["global", "local"], nLayers / 2]];
  const kinds = (Array.isArray(given) ? given : []).flatMap((entry: unknown): unknown[] => {
    const [pattern, count] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (!Array.isArray(pattern) || !Number.isInteger(count) || Number(count) > nLayers) return [];
    return Array.from({ length: Number(count) }, () => pattern as unknown[]).flat();
  });
  const isKnown = kinds.every((kind) => kind === "global" || kind === "local");
  if (kinds.length === nLayers && isKnown) return kinds;
  throw configUnsupported(fields.file, "attention_types", given, [[[["global", "local"], nLayers / 2]]]);
}
