import type { Family } from "../transformer/family.ts";
import { joinTargets, linearSpecs, normSpecs, plain } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** GPT-J: attention and MLP side by side behind one norm; the first dimensions of a head turn in adjacent pairs. */
export const gptj: Family = {
  modelTypes: ["gptj"],
  prefix: "transformer.",
  defaults: { rotary_dim: 64 },
  config(fields) {
    const dModel = fields.width("n_embd");
    const nHeads = fields.count("n_head");
    fields.divides("n_head", nHeads, dModel, "n_embd");
    const dHead = dModel / nHeads;
    const rotated = fields.width("rotary_dim", dHead);
    if (rotated % 2 === 1 || rotated > dHead)
      fields.refuse("rotary_dim", `an even number, up to the ${dHead} dimensions of a head`);
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_epsilon", 1e-5) } as const;
    return uniformConfig(fields, {
      nLayers: fields.count("n_layer"),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions: fields.size("n_positions", 2048),
      embed: { dEmbed: dModel },
      head: { norm, hasBias: true },
      isTied: false,
      block: {
        attention: {
          nHeads,
          nKeyHeads: nHeads,
          dHead,
          scale: 1 / Math.sqrt(dHead),
          isCausal: true,
          rotary: {
            dims: rotated,
            base: 10000,
            pairs: "adjacent",
            scaling: { kind: "default" },
          },
          hasQkvBias: false,
          hasOutBias: false,
        },
        mlp: {
          dMlp: fields.width("n_inner", 4 * dModel),
          activation: fields.activation("activation_function", "gelu_new"),
          isGated: false,
          hasBias: true,
        },
        norm,
        order: "parallel",
        norms: ["ln1", "ln2"],
      },
    });
  },
  tensors: (config) =>
    joinTargets([
      ...tokenSpecs(config, "transformer.wte.weight", "lm_head.weight"),
      plain("lm_head.bias", [config.dVocab], "unembed.bias"),
      ...config.blocks.flatMap(({ mlp, norm }, i) => {
        const [from, to, d] = [`transformer.h.${i}`, `blocks.${i}`, config.dModel];
        return [
          ...normSpecs(`${from}.ln_1`, d, `${to}.ln1`, norm),
          ...normSpecs(`${from}.ln_1`, d, `${to}.ln2`, norm),
          ...(["q", "k", "v"] as const).flatMap((name) =>
            linearSpecs(`${from}.attn.${name}_proj`, d, d, `${to}.attn.${name}`, false),
          ),
          ...linearSpecs(`${from}.attn.out_proj`, d, d, `${to}.attn.o`, false),
          ...linearSpecs(`${from}.mlp.fc_in`, mlp.dMlp, d, `${to}.mlp.in`, true),
          ...linearSpecs(`${from}.mlp.fc_out`, d, mlp.dMlp, `${to}.mlp.out`, true),
        ];
      }),
      ...normSpecs("transformer.ln_f", config.dModel, "ln_final", { kind: "layer", epsilon: 1 }),
    ]),
};
