import type { BlockConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { fusedSpecs, normSpecs, plain, qkvParts, range, type TensorSpec } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** GPT-2. @see Radford et al., "Language Models are Unsupervised Multitask Learners" */
export const gpt2: Family = {
  modelTypes: ["gpt2"],
  prefix: "transformer.",
  config(fields) {
    fields.only("add_cross_attention", [false]);
    const dModel = fields.width("n_embd");
    const nHeads = fields.count("n_head");
    fields.divides("n_head", nHeads, dModel, "n_embd");
    const dHead = dModel / nHeads;
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_epsilon", 1e-5) } as const;
    const width = fields.flag("scale_attn_weights", true) ? Math.sqrt(dHead) : 1;
    const isByLayer = fields.flag("scale_attn_by_inverse_layer_idx", false);
    const nPositions = fields.size("n_positions");
    const block: BlockConfig = {
      attention: {
        nHeads,
        nKeyHeads: nHeads,
        dHead,
        scale: 1 / width,
        isCausal: true,
        hasQkvBias: true,
        hasOutBias: true,
      },
      mlp: {
        dMlp: fields.width("n_inner", 4 * dModel),
        activation: fields.activation("activation_function", "gelu_new"),
        isGated: false,
        hasBias: true,
      },
      norm,
      order: "sequential",
      norms: ["ln1", "ln2"],
    };
    return uniformConfig(fields, {
      nLayers: fields.count("n_layer"),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      embed: { dEmbed: dModel, positions: { rows: nPositions, offset: 0 } },
      head: { norm },
      block,
      isTied: true,
      layer: (i) => ({
        attention: { ...block.attention, scale: 1 / (width * (isByLayer ? i + 1 : 1)) },
      }),
    });
  },
  tensors: (config) => [
    ...tokenSpecs(config, "transformer.wte.weight", "lm_head.weight"),
    plain("transformer.wpe.weight", [config.embed.positions?.rows ?? 0, config.dModel], "embed.positions"),
    ...config.blocks.flatMap((block, i) =>
      blockSpecs(`transformer.h.${i}`, `blocks.${i}`, block, config.dModel),
    ),
    ...normSpecs("transformer.ln_f", config.dModel, "ln_final", { kind: "layer", epsilon: 1 }),
  ],
};

/** Matrices are stored `[in, out]`. */
function blockSpecs(
  path: string,
  to: string,
  { attention, mlp, norm }: BlockConfig,
  d: number,
): TensorSpec[] {
  const conv = (name: string, input: number, out: number, parameter: string): TensorSpec[] =>
    fusedSpecs(`${path}.${name}`, input, { [parameter]: range(0, out) }, { hasBias: true, layout: "inOut" });
  return [
    ...normSpecs(`${path}.ln_1`, d, `${to}.ln1`, norm),
    ...fusedSpecs(`${path}.attn.c_attn`, d, qkvParts(`${to}.attn`, "one after the other", attention), {
      hasBias: true,
      layout: "inOut",
    }),
    ...conv("attn.c_proj", d, d, `${to}.attn.o`),
    ...normSpecs(`${path}.ln_2`, d, `${to}.ln2`, norm),
    ...conv("mlp.c_fc", d, mlp.dMlp, `${to}.mlp.in`),
    ...conv("mlp.c_proj", mlp.dMlp, d, `${to}.mlp.out`),
  ];
}
