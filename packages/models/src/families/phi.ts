import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { attentionSpecs, embeddingSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** Phi: parallel blocks with one norm, partial rotation, biases everywhere. */
export const phi: Family = {
  modelTypes: ["phi"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const norm = layerNorm(fields.number("layer_norm_eps", 1e-5));
    const isNormed = fields.flag("qk_layernorm", false);
    return transformerConfig(fields, {
      modelType: "phi",
      dModel,
      nHeads,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: fields.size("vocab_size"),
      norm,
      activation: fields.activation("hidden_act", "gelu_new"),
      attentionBias: true,
      mlpBias: true,
      attention: isNormed ? { queryKeyNorm: { over: "head", norm } } : {},
      block: { order: "parallel", isOneNorm: true },
      rotation: readRotation(fields, { dHead: dModel / nHeads, share: 0.5 }),
      head: { isTied: fields.flag("tie_word_embeddings", false), hasBias: true },
    });
  },
  tensors(config) {
    const { dModel, dHead, norm, attention } = config;
    return [
      ...embeddingSpecs(config, "model.embed_tokens", "lm_head"),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [at, to] = [`model.layers.${layer}`, `blocks.${layer}`];
        const attn = `${at}.self_attn`;
        const names = { q: `${attn}.q_proj`, k: `${attn}.k_proj`, v: `${attn}.v_proj`, o: `${attn}.dense` };
        return [
          ...normSpecs(`${at}.input_layernorm`, norm, dModel, `${to}.ln1`),
          ...attentionSpecs(config, names, `${to}.attn.`),
          ...(attention.queryKeyNorm === undefined
            ? []
            : [
                ...normSpecs(`${attn}.q_layernorm`, norm, dHead, `${to}.attn.q_norm`),
                ...normSpecs(`${attn}.k_layernorm`, norm, dHead, `${to}.attn.k_norm`),
              ]),
          ...plainMlpSpecs(config, dMlp, { in: `${at}.mlp.fc1`, out: `${at}.mlp.fc2` }, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("model.final_layernorm", norm, dModel, "ln_final"),
    ];
  },
};
