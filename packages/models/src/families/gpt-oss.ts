import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { denseSpecs, plain, range, type TensorSpec } from "../transformer/specs.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";
import { readSliding } from "../transformer/windows.ts";

/** gpt-oss: experts whose weights come of a softmax over the chosen ones, sinks, every second layer slides. */
export const gptOss: Family = {
  modelTypes: ["gpt_oss"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const sliding = readSliding(fields, nLayers, (layer) => layer % 2 === 0);
    const window = fields.size("sliding_window", 128);
    const experts = {
      count: fields.size(fields.absent("num_local_experts") ? "num_experts" : "num_local_experts"),
      chosen: fields.size("num_experts_per_tok", 4),
      weights: "chosen",
      hasRouterBias: true,
      clamped: { alpha: fields.number("swiglu_alpha", 1.702), limit: fields.number("swiglu_limit", 7) },
    } as const;
    return transformerConfig(fields, {
      modelType: "gpt_oss",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-5)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", true),
      attention: { hasSinks: true },
      rotation: readRotation(fields, { dHead, base: 150_000 }),
      layer: (index) => ({ experts, window: sliding[index] === true ? window : undefined }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors: (config) => [
    ...llamaTensors(config, {}, (layer, at, prefix) =>
      expertSpecs(config.dModel, config.layers[layer]?.dMlp ?? 0, config.layers[layer]?.experts?.count ?? 0, at, prefix),
    ),
    ...config.layers.map((_, layer) =>
      plain(`model.layers.${layer}.self_attn.sinks`, [config.nHeads], `blocks.${layer}.attn.sinks`),
    ),
  ],
};

/** Stacked `[expert, in, out]`; gate and up take turns. */
function expertSpecs(dModel: number, dMlp: number, count: number, at: string, prefix: string): TensorSpec[] {
  const turns = (first: number): number[] => range(0, dMlp).map((unit) => 2 * unit + first);
  const stacked = (name: string, shape: number[], parts: readonly (readonly [string, readonly number[]])[]): TensorSpec => ({
    name: `${at}.experts.${name}`,
    shape: [count, ...shape],
    layout: "stacked",
    parts: parts.map(([suffix, units]) => ({ parameter: `${prefix}experts.{}.${suffix}`, units })),
  });
  return [
    ...denseSpecs(`${at}.router`, [dModel, count], "router", true, prefix),
    stacked("gate_up_proj", [dModel, 2 * dMlp], [["W_gate", turns(0)], ["W_in", turns(1)]]),
    stacked("gate_up_proj_bias", [2 * dMlp], [["b_gate", turns(0)], ["b_in", turns(1)]]),
    stacked("down_proj", [dMlp, dModel], [["W_out", range(0, dModel)]]),
    stacked("down_proj_bias", [dModel], [["b_out", range(0, dModel)]]),
  ];
}
