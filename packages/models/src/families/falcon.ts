import { slopesOf } from "../transformer/alibi.ts";
import type { BlockConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { readRotary } from "../transformer/read-rotary.ts";
import { fusedSpecs, linearSpecs, normSpecs, qkvParts } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** Falcon in its three forms: one head of keys, grouped heads with two norms, or a bias by distance. */
export const falcon: Family = {
  modelTypes: ["falcon"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.width("hidden_size");
    const nHeads = fields.count("num_attention_heads");
    fields.divides("num_attention_heads", nHeads, dModel, "hidden_size");
    const dHead = dModel / nHeads;
    const isNew = fields.flag("new_decoder_architecture", false);
    const isMultiQuery = fields.flag("multi_query", true);
    const nKeyHeads = isNew ? fields.count(["num_kv_heads", "n_head_kv"], nHeads) : isMultiQuery ? 1 : nHeads;
    fields.divides("num_kv_heads", nKeyHeads, nHeads, "num_attention_heads");
    const hasBias = fields.flag("bias", false);
    const isAlibi = fields.flag("alibi", false);
    const isParallel = isNew || fields.flag("parallel_attn", true);
    const hasTwoNorms = !isParallel || (isNew && fields.size("num_ln_in_parallel_attn", 2) === 2);
    const nPositions = fields.size("max_position_embeddings", 2048);
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_epsilon", 1e-5) } as const;
    const block: BlockConfig = {
      attention: {
        nHeads,
        nKeyHeads,
        dHead,
        scale: 1 / Math.sqrt(dHead),
        isCausal: true,
        rotary: isAlibi ? undefined : readRotary(fields, { dHead, maxPositions: nPositions }),
        alibi: isAlibi ? { slopes: slopesOf(nHeads), origin: "first", isInsideScale: true } : undefined,
        hasQkvBias: hasBias,
        hasOutBias: hasBias,
      },
      mlp: {
        dMlp: fields.width("ffn_hidden_size", 4 * dModel),
        activation: fields.activation("activation", "gelu"),
        isGated: false,
        hasBias,
      },
      norm,
      order: isParallel ? "parallel" : "sequential",
      norms: hasTwoNorms ? ["ln1", "ln2"] : ["ln1"],
    };
    return uniformConfig(fields, {
      nLayers: fields.count("num_hidden_layers"),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      embed: { dEmbed: dModel },
      head: { norm },
      isTied: true,
      block,
    });
  },
  tensors: (config) => [
    ...tokenSpecs(config, "transformer.word_embeddings.weight", "lm_head.weight"),
    ...config.blocks.flatMap((block, i) => {
      const [from, to, d] = [`transformer.h.${i}`, `blocks.${i}`, config.dModel];
      const { attention, mlp, norm } = block;
      const [first, second] = normNames(block);
      return [
        ...normSpecs(`${from}.${first}`, d, `${to}.ln1`, norm),
        ...(block.norms.includes("ln2") ? normSpecs(`${from}.${second}`, d, `${to}.ln2`, norm) : []),
        ...fusedSpecs(
          `${from}.self_attention.query_key_value`,
          d,
          qkvParts(`${to}.attn`, attention.nKeyHeads === 1 ? "one after the other" : "by group", attention),
          { hasBias: attention.hasQkvBias },
        ),
        ...linearSpecs(`${from}.self_attention.dense`, d, d, `${to}.attn.o`, attention.hasOutBias),
        ...linearSpecs(`${from}.mlp.dense_h_to_4h`, mlp.dMlp, d, `${to}.mlp.in`, mlp.hasBias),
        ...linearSpecs(`${from}.mlp.dense_4h_to_h`, d, mlp.dMlp, `${to}.mlp.out`, mlp.hasBias),
      ];
    }),
    ...normSpecs("transformer.ln_f", config.dModel, "ln_final", { kind: "layer", epsilon: 1 }),
  ],
};

function normNames({ order, norms }: BlockConfig): readonly [string, string] {
  const hasBoth = order === "parallel" && norms.includes("ln2");
  return hasBoth ? ["ln_attn", "ln_mlp"] : ["input_layernorm", "post_attention_layernorm"];
}
