import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { denseSpecs, plain } from "../transformer/specs.ts";
import { embeddingSpecs, normSpecs } from "../transformer/standard-tensors.ts";

/** Mamba: a recurrence in place of attention. */
export const mamba: Family = {
  modelTypes: ["mamba"],
  prefix: "backbone.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const rank = fields.raw("time_step_rank") === "auto" ? Math.ceil(dModel / 16) : fields.size("time_step_rank");
    const dInner = fields.size("intermediate_size", fields.size("expand", 2) * dModel);
    const activation = fields.activation("hidden_act", "silu");
    return transformerConfig(fields, {
      modelType: "mamba",
      kind: "recurrent",
      dModel,
      nHeads: 1,
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: dInner,
      dVocab: fields.size("vocab_size"),
      norm: rmsNorm(fields.number("layer_norm_epsilon", 1e-5)),
      activation,
      mamba: {
        dInner,
        rank,
        activation,
        dState: fields.size("state_size", 16),
        dConv: fields.size("conv_kernel", 4),
        hasBias: fields.flag("use_bias", false),
        hasConvBias: fields.flag("use_conv_bias", true),
      },
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors(config) {
    const { dModel, norm, mamba: own } = config;
    if (own === undefined) return [];
    const { dInner, dState, dConv, rank, hasBias, hasConvBias } = own;
    return [
      ...embeddingSpecs(config, "backbone.embeddings", "lm_head"),
      ...config.layers.flatMap((_, layer) => {
        const [at, to] = [`backbone.layers.${layer}`, `blocks.${layer}`];
        const [mixer, prefix] = [`${at}.mixer`, `${to}.mixer.`];
        return [
          ...normSpecs(`${at}.norm`, norm, dModel, `${to}.norm`),
          ...denseSpecs(`${mixer}.in_proj`, [dModel, 2 * dInner], "in", hasBias, prefix),
          plain(`${mixer}.conv1d.weight`, [dInner, 1, dConv], `${prefix}conv`),
          ...(hasConvBias ? [plain(`${mixer}.conv1d.bias`, [dInner], `${prefix}b_conv`)] : []),
          ...denseSpecs(`${mixer}.x_proj`, [dInner, rank + 2 * dState], "x", false, prefix),
          ...denseSpecs(`${mixer}.dt_proj`, [rank, dInner], "dt", true, prefix),
          plain(`${mixer}.A_log`, [dInner, dState], `${prefix}A_log`),
          plain(`${mixer}.D`, [dInner], `${prefix}D`),
          ...denseSpecs(`${mixer}.out_proj`, [dInner, dModel], "out", hasBias, prefix),
        ];
      }),
      ...normSpecs("backbone.norm_f", norm, dModel, "ln_final"),
    ];
  },
};
