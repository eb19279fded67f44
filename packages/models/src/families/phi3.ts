import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { linearSpecs, range } from "../transformer/specs.ts";
import { embeddingSpecs, fusedAttentionSpecs, normSpecs } from "../transformer/standard-tensors.ts";

/** Phi 3: Llama with one matrix of queries, keys and values, and one of gate and up; rotation for long texts. */
export const phi3: Family = {
  modelTypes: ["phi3"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    return transformerConfig(fields, {
      modelType: "phi3",
      dModel,
      nHeads,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-5)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      rotation: readRotation(fields, { dHead }),
      window: fields.optionalSize("sliding_window"),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...embeddingSpecs(config, "model.embed_tokens", "lm_head"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`model.layers.${layer}`, `blocks.${layer}`];
        const prefix = `${to}.mlp.`;
        const both = [["gate", range(0, dMlp)] as const, ["in", range(dMlp, dMlp)] as const];
        const out = [["out", range(0, dModel)] as const];
        const attn = { qkv: `${at}.self_attn.qkv_proj`, o: `${at}.self_attn.o_proj` };
        return [
          ...normSpecs(`${at}.input_layernorm`, norm, dModel, `${to}.ln1`),
          ...normSpecs(`${at}.post_attention_layernorm`, norm, dModel, `${to}.ln2`),
          ...fusedAttentionSpecs(config, attn, `${to}.attn.`, "thirds"),
          ...linearSpecs(`${at}.mlp.gate_up_proj`, [dModel, 2 * dMlp], both, false, { prefix }),
          ...linearSpecs(`${at}.mlp.down_proj`, [dMlp, dModel], out, false, { prefix }),
        ];
      }),
      ...normSpecs("model.norm", norm, dModel, "ln_final"),
    ];
  },
};
