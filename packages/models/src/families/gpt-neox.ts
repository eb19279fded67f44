import type { Family } from "../transformer/family.ts";
import { readRotary } from "../transformer/read-rotary.ts";
import { fusedSpecs, linearSpecs, normSpecs, qkvParts } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** GPT-NeoX and Pythia: attention and MLP side by side behind a norm each; a part of every head turns. */
export const gptNeox: Family = {
  modelTypes: ["gpt_neox"],
  prefix: "gpt_neox.",
  config(fields) {
    const dModel = fields.width("hidden_size");
    const nHeads = fields.count("num_attention_heads");
    fields.divides("num_attention_heads", nHeads, dModel, "hidden_size");
    const dHead = dModel / nHeads;
    const nPositions = fields.size("max_position_embeddings", 2048);
    const hasBias = fields.flag("attention_bias", true);
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_eps", 1e-5) } as const;
    return uniformConfig(fields, {
      nLayers: fields.count("num_hidden_layers"),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      embed: { dEmbed: dModel },
      head: { norm },
      isTied: false,
      block: {
        attention: {
          nHeads,
          nKeyHeads: nHeads,
          dHead,
          scale: 1 / Math.sqrt(dHead),
          isCausal: true,
          rotary: readRotary(fields, { dHead, maxPositions: nPositions, share: 0.25 }),
          hasQkvBias: hasBias,
          hasOutBias: hasBias,
        },
        mlp: {
          dMlp: fields.width("intermediate_size"),
          activation: fields.activation("hidden_act", "gelu"),
          isGated: false,
          hasBias: true,
        },
        norm,
        order: fields.flag("use_parallel_residual", true) ? "parallel" : "sequential",
        norms: ["ln1", "ln2"],
      },
    });
  },
  tensors: (config) => [
    ...tokenSpecs(config, "gpt_neox.embed_in.weight", "embed_out.weight"),
    ...config.blocks.flatMap(({ attention, mlp, norm }, i) => {
      const [from, to, d] = [`gpt_neox.layers.${i}`, `blocks.${i}`, config.dModel];
      return [
        ...normSpecs(`${from}.input_layernorm`, d, `${to}.ln1`, norm),
        ...normSpecs(`${from}.post_attention_layernorm`, d, `${to}.ln2`, norm),
        ...fusedSpecs(`${from}.attention.query_key_value`, d, qkvParts(`${to}.attn`, "by head", attention), {
          hasBias: attention.hasQkvBias,
        }),
        ...linearSpecs(`${from}.attention.dense`, d, d, `${to}.attn.o`, attention.hasOutBias),
        ...linearSpecs(`${from}.mlp.dense_h_to_4h`, mlp.dMlp, d, `${to}.mlp.in`, true),
        ...linearSpecs(`${from}.mlp.dense_4h_to_h`, d, mlp.dMlp, `${to}.mlp.out`, true),
      ];
    }),
    ...normSpecs("gpt_neox.final_layer_norm", config.dModel, "ln_final", { kind: "layer", epsilon: 1 }),
  ],
};
