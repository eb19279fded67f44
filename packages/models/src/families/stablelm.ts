import type { AttentionConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { llamaConfig, llamaTensors } from "../transformer/llama-like.ts";
import { linearSpecs, type TensorSpec } from "../transformer/specs.ts";

/** StableLM: layer norms, partial rotation; attention and MLP may stand side by side, and heads have norms of their own. */
export const stablelm: Family = {
  modelTypes: ["stablelm"],
  prefix: "model.",
  defaults: { num_key_value_heads: 32, max_position_embeddings: 4096 },
  config(fields) {
    const isParallel = fields.flag("use_parallel_residual", false);
    const epsilon = fields.number("layer_norm_eps", 1e-5);
    return llamaConfig(fields, {
      epsilonField: "layer_norm_eps",
      epsilon: 1e-5,
      norm: () => ({ kind: "layer", epsilon }),
      order: isParallel ? "parallel" : "sequential",
      norms: isParallel ? ["ln1"] : ["ln1", "ln2"],
      rotary: { share: 0.25 },
      attention: {
        hasQkvBias: fields.flag("use_qkv_bias", false),
        qkNorm: fields.flag("qk_layernorm", false)
          ? { kind: "layer", epsilon, isUnbiased: true, isPlain: true, over: "each head" }
          : undefined,
      },
    });
  },
  tensors: (config) => llamaTensors(config, { qkv }),
};

function qkv(path: string, parameter: string, config: AttentionConfig, dModel: number): TensorSpec[] {
  const { nHeads, nKeyHeads, dHead, hasQkvBias, qkNorm } = config;
  const norms = (name: string, heads: number): TensorSpec[] =>
    Array.from({ length: qkNorm === undefined ? 0 : heads }, (_, index) => ({
      name: `${path}.${name}_layernorm.norms.${index}.weight`,
      shape: [dHead],
      layout: "plain",
      targets: [{ parameter: `${parameter}.${name}_norm.weight`, row: { index, count: heads } }],
    }));
  return [
    ...linearSpecs(`${path}.q_proj`, nHeads * dHead, dModel, `${parameter}.q`, hasQkvBias),
    ...linearSpecs(`${path}.k_proj`, nKeyHeads * dHead, dModel, `${parameter}.k`, hasQkvBias),
    ...linearSpecs(`${path}.v_proj`, nKeyHeads * dHead, dModel, `${parameter}.v`, hasQkvBias),
    ...norms("q", nHeads),
    ...norms("k", nKeyHeads),
  ];
}
