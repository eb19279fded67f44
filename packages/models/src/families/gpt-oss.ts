import type { MlpConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaSizes, llamaTensors, windowsOf } from "../transformer/llama-like.ts";
import { linearSpecs, type TensorSpec } from "../transformer/specs.ts";

/** How a model turns whose config does not say, or says null. */
const SCALING = {
  rope_type: "yarn",
  factor: 32,
  beta_fast: 32,
  beta_slow: 1,
  truncate: false,
  original_max_position_embeddings: 4096,
};

/**
 * gpt-oss: experts chosen before the softmax, stored stacked with gate and input interleaved; sinks; every second layer
 * slides, the first one does.
 */
export const gptOss: Family = {
  modelTypes: ["gpt_oss"],
  prefix: "model.",
  defaults: { head_dim: 64, num_key_value_heads: 8, max_position_embeddings: 131072, sliding_window: 128 },
  config(fields) {
    const { nLayers } = llamaSizes(fields);
    const windows = windowsOf(fields, nLayers, (layer) => layer % 2 === 0);
    const hasBias = fields.flag("attention_bias", true);
    return llamaConfig(fields, {
      epsilon: 1e-5,
      rotary: { base: 150000, parameters: SCALING },
      attention: { hasQkvBias: hasBias, hasOutBias: hasBias, hasSinks: true },
      mlp: {
        hasBias: true,
        clamped: { alpha: fields.number("swiglu_alpha", 1.702), limit: fields.number("swiglu_limit", 7) },
        experts: {
          count: fields.count(["num_local_experts", "num_experts"], 128),
          chosen: fields.count(["num_experts_per_tok", "experts_per_token"], 4),
          weights: "chosen",
        },
      },
      layer: (i, attention) => ({ attention: { ...attention, window: windows[i] } }),
    });
  },
  tensors: (config) => llamaTensors(config, { mlpSpecs }),
};

function mlpSpecs(
  path: string,
  parameter: string,
  { dMlp, experts }: MlpConfig,
  dModel: number,
): TensorSpec[] {
  const count = experts?.count ?? 0;
  const mlp = `${path}.mlp`;
  const every = (begin: number): number[] => Array.from({ length: dMlp }, (_, i) => begin + 2 * i);
  const stacked = (
    name: string,
    shape: readonly number[],
    parts: Readonly<Record<string, readonly number[] | undefined>>,
    kind: string,
  ): TensorSpec => ({
    name: `${mlp}.experts.${name}`,
    shape: [count, ...shape],
    layout: "stacked",
    targets: Array.from({ length: count }, (_, index) =>
      Object.entries(parts).map(([part, outputs]) => ({
        parameter: `${parameter}.experts.${index}.${part}.${kind}`,
        index,
        outputs,
      })),
    ).flat(),
  });
  const gates = { gate: every(0), in: every(1) };
  return [
    ...linearSpecs(`${mlp}.router`, count, dModel, `${parameter}.router`, true),
    stacked("gate_up_proj", [dModel, 2 * dMlp], gates, "weight"),
    stacked("gate_up_proj_bias", [2 * dMlp], gates, "bias"),
    stacked("down_proj", [dMlp, dModel], { out: undefined }, "weight"),
    stacked("down_proj_bias", [dModel], { out: undefined }, "bias"),
  ];
}
