import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { embeddingSpecs, fusedAttentionSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** GPT-NeoX and Pythia: parallel blocks with two norms, partial rotation, queries, keys and values by head. */
export const gptNeox: Family = {
  modelTypes: ["gpt_neox"],
  prefix: "gpt_neox.",
  ignored: /attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/,
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const dHead = dModel / nHeads;
    const isParallel = fields.flag("use_parallel_residual", true);
    return transformerConfig(fields, {
      modelType: "gpt_neox",
      dModel,
      nHeads,
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm: layerNorm(fields.number("layer_norm_eps", 1e-5)),
      activation: fields.activation("hidden_act", "gelu"),
      attentionBias: fields.flag("attention_bias", true),
      mlpBias: true,
      block: { order: isParallel ? "parallel" : "sequential" },
      rotation: readRotation(fields, { dHead, share: 0.25 }),
      head: { isTied: fields.flag("tie_word_embeddings", false) },
    });
  },
  tensors(config) {
    const { dModel, norm } = config;
    return [
      ...embeddingSpecs(config, "gpt_neox.embed_in", "embed_out"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`gpt_neox.layers.${layer}`, `blocks.${layer}`];
        const attn = { qkv: `${at}.attention.query_key_value`, o: `${at}.attention.dense` };
        const mlp = { in: `${at}.mlp.dense_h_to_4h`, out: `${at}.mlp.dense_4h_to_h` };
        return [
          ...normSpecs(`${at}.input_layernorm`, norm, dModel, `${to}.ln1`),
          ...normSpecs(`${at}.post_attention_layernorm`, norm, dModel, `${to}.ln2`),
          ...fusedAttentionSpecs(config, attn, `${to}.attn.`, "by-group"),
          ...plainMlpSpecs(config, dMlp, mlp, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("gpt_neox.final_layer_norm", norm, dModel, "ln_final"),
    ];
  },
};
