import type { MlpConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors, windowOf } from "../transformer/llama-like.ts";
import { linearSpecs, type TensorSpec } from "../transformer/specs.ts";

/** Mixtral: Mistral with experts, whose weights are renormalised. @see Jiang et al., https://arxiv.org/abs/2401.04088 */
export const mixtral: Family = {
  modelTypes: ["mixtral"],
  prefix: "model.",
  defaults: { num_key_value_heads: 8, max_position_embeddings: 131072 },
  config: (fields) =>
    llamaConfig(fields, {
      epsilon: 1e-5,
      rotary: { base: 1e6 },
      attention: { window: windowOf(fields) },
      mlp: {
        experts: {
          count: fields.count("num_local_experts", 8),
          chosen: fields.count("num_experts_per_tok", 2),
          weights: "renormalized",
          shows: "softmax",
        },
      },
    }),
  tensors: (config) => llamaTensors(config, { mlpSpecs }),
};

function mlpSpecs(
  path: string,
  parameter: string,
  { dMlp, experts }: MlpConfig,
  dModel: number,
): TensorSpec[] {
  const count = experts?.count ?? 0;
  const moe = `${path}.block_sparse_moe`;
  return [
    ...linearSpecs(`${moe}.gate`, count, dModel, `${parameter}.router`, false),
    ...Array.from({ length: count }, (_, i) => {
      const [from, to] = [`${moe}.experts.${i}`, `${parameter}.experts.${i}`];
      return [
        ...linearSpecs(`${from}.w1`, dMlp, dModel, `${to}.gate`, false),
        ...linearSpecs(`${from}.w3`, dMlp, dModel, `${to}.in`, false),
        ...linearSpecs(`${from}.w2`, dModel, dMlp, `${to}.out`, false),
      ];
    }).flat(),
  ];
}
