import { slopesOfHigher } from "../transformer/alibi.ts";
import type { Family } from "../transformer/family.ts";
import { fusedSpecs, linearSpecs, normSpecs, qkvParts } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/**
 * MPT: a bias by distance, layer norms without bias, no bias anywhere. Options that Hugging Face's implementation ignores
 * are ignored here, too: `alibi`, `alibi_bias_max`, `qk_ln`, `prefix_lm`, `learned_pos_emb`, `expansion_ratio`, `no_bias`.
 */
export const mpt: Family = {
  modelTypes: ["mpt"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.width("d_model");
    const nHeads = fields.count("n_heads");
    fields.divides("n_heads", nHeads, dModel, "d_model");
    const dHead = dModel / nHeads;
    const attn = fields.object("attn_config");
    const norm = {
      kind: "layer",
      epsilon: fields.number("layer_norm_epsilon", 1e-5),
      isUnbiased: true,
    } as const;
    return uniformConfig(fields, {
      nLayers: fields.count("n_layers"),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions: fields.size("max_seq_len", 2048),
      embed: { dEmbed: dModel },
      head: { norm },
      isTied: true,
      block: {
        attention: {
          nHeads,
          nKeyHeads: nHeads,
          dHead,
          scale: attn.number("softmax_scale", 1 / Math.sqrt(dHead)),
          isCausal: true,
          alibi: { slopes: slopesOfHigher(nHeads), origin: "last", isInsideScale: false },
          clip: attn.has("clip_qkv") ? attn.number("clip_qkv") : undefined,
          hasQkvBias: false,
          hasOutBias: false,
        },
        mlp: { dMlp: 4 * dModel, activation: "gelu", isGated: false, hasBias: false },
        norm,
        order: "sequential",
        norms: ["ln1", "ln2"],
      },
    });
  },
  tensors: (config) => [
    ...tokenSpecs(config, "transformer.wte.weight", "lm_head.weight"),
    ...config.blocks.flatMap(({ attention, mlp, norm }, i) => {
      const [from, to, d] = [`transformer.blocks.${i}`, `blocks.${i}`, config.dModel];
      return [
        ...normSpecs(`${from}.norm_1`, d, `${to}.ln1`, norm),
        ...fusedSpecs(`${from}.attn.Wqkv`, d, qkvParts(`${to}.attn`, "one after the other", attention), {
          hasBias: false,
        }),
        ...linearSpecs(`${from}.attn.out_proj`, d, d, `${to}.attn.o`, false),
        ...normSpecs(`${from}.norm_2`, d, `${to}.ln2`, norm),
        ...linearSpecs(`${from}.ffn.up_proj`, mlp.dMlp, d, `${to}.mlp.in`, false),
        ...linearSpecs(`${from}.ffn.down_proj`, d, mlp.dMlp, `${to}.mlp.out`, false),
      ];
    }),
    ...(config.head.norm === undefined
      ? []
      : normSpecs("transformer.norm_f", config.dModel, "ln_final", config.head.norm)),
  ],
};
