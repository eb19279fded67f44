import type { AttentionConfig, MlpConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors, windowOf } from "../transformer/llama-like.ts";
import { fusedSpecs, linearSpecs, qkvParts, range, type TensorSpec } from "../transformer/specs.ts";

/** Phi 3 and 4: Llama with fused matrices, longrope, and a sliding window on all layers. */
export const phi3: Family = {
  modelTypes: ["phi3"],
  prefix: "model.",
  defaults: { max_position_embeddings: 4096, original_max_position_embeddings: 4096 },
  config: (fields) =>
    llamaConfig(fields, {
      epsilon: 1e-5,
      rotary: { share: 1 },
      attention: { window: windowOf(fields) },
    }),
  tensors: (config) => llamaTensors(config, { qkv, mlpSpecs }),
};

function qkv(path: string, parameter: string, config: AttentionConfig, dModel: number): TensorSpec[] {
  return fusedSpecs(`${path}.qkv_proj`, dModel, qkvParts(parameter, "one after the other", config), {
    hasBias: false,
  });
}

function mlpSpecs(path: string, parameter: string, { dMlp }: MlpConfig, dModel: number): TensorSpec[] {
  const parts = { [`${parameter}.gate`]: range(0, dMlp), [`${parameter}.in`]: range(dMlp, dMlp) };
  return [
    ...fusedSpecs(`${path}.mlp.gate_up_proj`, dModel, parts, { hasBias: false }),
    ...linearSpecs(`${path}.mlp.down_proj`, dModel, dMlp, `${parameter}.out`, false),
  ];
}
