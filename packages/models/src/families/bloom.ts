import { slopesOf } from "../transformer/alibi.ts";
import type { Family } from "../transformer/family.ts";
import { fusedSpecs, linearSpecs, normSpecs, qkvParts } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** BLOOM: a bias by distance; the embedding is normalised, and the residual stream may go on from the norms. */
export const bloom: Family = {
  modelTypes: ["bloom"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.width(["hidden_size", "n_embed"]);
    const nHeads = fields.count(["n_head", "num_attention_heads"]);
    fields.divides("n_head", nHeads, dModel, "hidden_size");
    const dHead = dModel / nHeads;
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_epsilon", 1e-5) } as const;
    return uniformConfig(fields, {
      nLayers: fields.count(["n_layer", "num_hidden_layers"]),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions: undefined,
      embed: { dEmbed: dModel, norm },
      head: { norm },
      isTied: true,
      block: {
        attention: {
          nHeads,
          nKeyHeads: nHeads,
          dHead,
          scale: 1 / Math.sqrt(dHead),
          isCausal: true,
          alibi: { slopes: slopesOf(nHeads), origin: "query", isInsideScale: false },
          hasQkvBias: true,
          hasOutBias: true,
        },
        mlp: { dMlp: 4 * dModel, activation: "gelu_new", isGated: false, hasBias: true },
        norm,
        order: "sequential",
        norms: ["ln1", "ln2"],
        isResidualNormed: fields.flag("apply_residual_connection_post_layernorm", false),
      },
    });
  },
  tensors: (config) => [
    ...tokenSpecs(config, "transformer.word_embeddings.weight", "lm_head.weight"),
    ...normSpecs("transformer.word_embeddings_layernorm", config.dModel, "embed.ln", {
      kind: "layer",
      epsilon: 1,
    }),
    ...config.blocks.flatMap(({ attention, mlp, norm }, i) => {
      const [from, to, d] = [`transformer.h.${i}`, `blocks.${i}`, config.dModel];
      return [
        ...normSpecs(`${from}.input_layernorm`, d, `${to}.ln1`, norm),
        ...fusedSpecs(
          `${from}.self_attention.query_key_value`,
          d,
          qkvParts(`${to}.attn`, "by head", attention),
          { hasBias: true },
        ),
        ...linearSpecs(`${from}.self_attention.dense`, d, d, `${to}.attn.o`, true),
        ...normSpecs(`${from}.post_attention_layernorm`, d, `${to}.ln2`, norm),
        ...linearSpecs(`${from}.mlp.dense_h_to_4h`, mlp.dMlp, d, `${to}.mlp.in`, true),
        ...linearSpecs(`${from}.mlp.dense_4h_to_h`, d, mlp.dMlp, `${to}.mlp.out`, true),
      ];
    }),
    ...normSpecs("transformer.ln_f", config.dModel, "ln_final", { kind: "layer", epsilon: 1 }),
  ],
};
