import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { type TensorSpec } from "../transformer/specs.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";

/** StableLM: layer norms, gated MLP, partial rotation; blocks may be parallel with one norm. */
export const stablelm: Family = {
  modelTypes: ["stablelm"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-5));
    const isParallel = fields.flag("use_parallel_residual", false);
    const bias = fields.flag("use_qkv_bias", false);
    return transformerConfig(fields, {
      modelType: "stablelm",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm,
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: { q: bias, k: bias, v: bias, o: false },
      attention: fields.flag("qk_layernorm", false)
        ? { queryKeyNorm: { over: "each-head", norm: { ...norm, hasBias: false } } }
        : {},
      block: isParallel ? { order: "parallel", ln2: false } : {},
      rotation: readRotation(fields, { dHead, share: 0.25 }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) => llamaTensors(config).flatMap((spec) => byHead(spec)),
};

/** Norms of queries and keys are stored one tensor per head. */
function byHead(spec: TensorSpec): TensorSpec[] {
  const match = /^(.*\.[qk])_norm\.weight$/.exec(spec.name);
  if (match === null) return [spec];
  const [heads = 0, dHead = 0] = spec.shape;
  return Array.from({ length: heads }, (_, head) => ({
    ...spec,
    name: `${match[1]}_layernorm.norms.${head}.weight`,
    shape: [dHead],
    parts: spec.parts.map(({ parameter, units }) => ({ parameter: `${parameter}#${head}`, units })),
  }));
}
