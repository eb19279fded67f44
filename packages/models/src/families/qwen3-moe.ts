import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { isNumber } from "../transformer/fields.ts";
import { denseSpecs } from "../transformer/specs.ts";
import { gatedMlpSpecs, llamaTensors } from "../transformer/standard-tensors.ts";

/** Qwen 3 with experts; layers may have a plain MLP instead. */
export const qwen3Moe: Family = {
  modelTypes: ["qwen3_moe"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const norm = rmsNorm(fields.number("rms_norm_eps", 1e-6));
    const given = fields.raw("mlp_only_layers");
    const dense = Array.isArray(given) ? given.filter(isNumber) : [];
    const step = fields.size("decoder_sparse_step", 1);
    const dMlp = fields.size("intermediate_size");
    const experts = {
      count: fields.size(fields.absent("num_local_experts") ? "num_experts" : "num_local_experts"),
      chosen: fields.size("num_experts_per_tok", 8),
      weights: fields.flag("norm_topk_prob", false) ? "renormalised" : "all",
      hasRouterBias: false,
    } as const;
    const window = fields.flag("use_sliding_window", false) ? fields.optionalSize("sliding_window") : undefined;
    return transformerConfig(fields, {
      modelType: "qwen3_moe",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp,
      norm,
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      attention: { queryKeyNorm: { over: "head", norm } },
      window,
      rotation: readRotation(fields, { dHead }),
      layer: (index) =>
        dense.includes(index) || (index + 1) % step !== 0
          ? {}
          : { experts, dMlp: fields.size("moe_intermediate_size") },
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) =>
    llamaTensors(config, {}, (layer, at, prefix) => {
      const { dMlp = 0, experts } = config.layers[layer] ?? {};
      const names = (root: string): { gate: string; in: string; out: string } => ({
        gate: `${root}.gate_proj`,
        in: `${root}.up_proj`,
        out: `${root}.down_proj`,
      });
      if (experts === undefined) return gatedMlpSpecs(config, dMlp, names(at), prefix);
      return [
        ...denseSpecs(`${at}.gate`, [config.dModel, experts.count], "router", false, prefix),
        ...Array.from({ length: experts.count }, (_, i) =>
          gatedMlpSpecs(config, dMlp, names(`${at}.experts.${i}`), `${prefix}experts.${i}.`),
        ).flat(),
      ];
    }),
};
