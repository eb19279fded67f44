import type { MlpConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors, windowOf } from "../transformer/llama-like.ts";
import { linearSpecs, type TensorSpec } from "../transformer/specs.ts";

/** Qwen 3 with experts: the softmax over all of them, renormalised where the config says so; some layers are dense. */
export const qwen3Moe: Family = {
  modelTypes: ["qwen3_moe"],
  prefix: "model.",
  defaults: { num_key_value_heads: 4, max_position_embeddings: 32768, sliding_window: 4096 },
  config(fields) {
    const epsilon = fields.number("rms_norm_eps", 1e-6);
    const hasBias = fields.flag("attention_bias", false);
    const step = fields.size("decoder_sparse_step", 1);
    const dense = fields.raw("mlp_only_layers");
    const isSliding = fields.flag("use_sliding_window", false);
    const experts = {
      count: fields.count(["num_local_experts", "num_experts"], 128),
      chosen: fields.count("num_experts_per_tok", 8),
      weights: fields.flag("norm_topk_prob", false) ? ("renormalized" as const) : ("all" as const),
    };
    const isDense = (layer: number): boolean =>
      (Array.isArray(dense) && dense.includes(layer)) || (layer + 1) % step !== 0;
    const dMlp = fields.width("moe_intermediate_size", 768);
    return llamaConfig(fields, {
      attention: {
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
        qkNorm: { kind: "rms", epsilon, over: "head" },
        window: isSliding ? windowOf(fields) : undefined,
      },
      layer: (i, _, mlp) => (isDense(i) ? {} : { mlp: { ...mlp, dMlp, experts } }),
    });
  },
  tensors: (config) => llamaTensors(config, { mlpSpecs }),
};

function mlpSpecs(path: string, parameter: string, mlp: MlpConfig, dModel: number): TensorSpec[] {
  const { dMlp, experts } = mlp;
  const gatedSpecs = (from: string, to: string): TensorSpec[] => [
    ...linearSpecs(`${from}.gate_proj`, dMlp, dModel, `${to}.gate`, false),
    ...linearSpecs(`${from}.up_proj`, dMlp, dModel, `${to}.in`, false),
    ...linearSpecs(`${from}.down_proj`, dModel, dMlp, `${to}.out`, false),
  ];
  if (experts === undefined) return gatedSpecs(`${path}.mlp`, parameter);
  return [
    ...linearSpecs(`${path}.mlp.gate`, experts.count, dModel, `${parameter}.router`, false),
    ...Array.from({ length: experts.count }, (_, i) =>
      gatedSpecs(`${path}.mlp.experts.${i}`, `${parameter}.experts.${i}`),
    ).flat(),
  ];
}
