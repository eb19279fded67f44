import type { StateSpaceConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { linearSpecs, normSpecs, plain } from "../transformer/specs.ts";
import { StateSpaceModel } from "../transformer/state-space.ts";

/** Mamba: a recurrence in place of attention. @see Gu and Dao, https://arxiv.org/abs/2312.00752 */
export const mamba: Family<StateSpaceConfig> = {
  modelTypes: ["mamba"],
  prefix: "backbone.",
  config(fields) {
    const dModel = fields.width("hidden_size");
    const dInner = fields.width("intermediate_size", dModel * fields.size("expand", 2));
    const isAuto = fields.raw("time_step_rank") === "auto";
    return {
      modelType: "mamba",
      dModel,
      dInner,
      dState: fields.size("state_size", 16),
      dStep: isAuto ? Math.ceil(dModel / 16) : fields.size("time_step_rank", Math.ceil(dModel / 16)),
      kernel: fields.size("conv_kernel", 4),
      dVocab: fields.size("vocab_size"),
      nLayers: fields.count("num_hidden_layers"),
      activation: fields.activation("hidden_act", "silu"),
      hasBias: fields.flag("use_bias", false),
      hasConvolutionBias: fields.flag("use_conv_bias", true),
      norm: { kind: "rms", epsilon: fields.number("layer_norm_epsilon", 1e-5) },
      isTied: fields.flag("tie_word_embeddings", true),
      bosTokenId: fields.token("bos_token_id"),
      padTokenId: fields.token("pad_token_id"),
    };
  },
  tensors(config) {
    const { dModel: d, dInner, dState, dStep, kernel, dVocab, isTied, norm } = config;
    return [
      { ...plain("backbone.embeddings.weight", [dVocab, d], "embed.weight"), isOptional: isTied },
      { ...plain("lm_head.weight", [dVocab, d], "unembed.weight"), isOptional: isTied },
      ...Array.from({ length: config.nLayers }, (_, i) => {
        const [from, to] = [`backbone.layers.${i}`, `blocks.${i}`];
        const mixer = `${from}.mixer`;
        return [
          ...normSpecs(`${from}.norm`, d, `${to}.norm`, norm),
          ...linearSpecs(`${mixer}.in_proj`, 2 * dInner, d, `${to}.mixer.in_proj`, config.hasBias),
          {
            ...plain(`${mixer}.conv1d.weight`, [dInner, 1, kernel], `${to}.mixer.conv.weight`),
            targets: [{ parameter: `${to}.mixer.conv.weight`, reshape: [dInner, kernel] }],
          },
          ...(config.hasConvolutionBias
            ? [plain(`${mixer}.conv1d.bias`, [dInner], `${to}.mixer.conv.bias`)]
            : []),
          ...linearSpecs(`${mixer}.x_proj`, dStep + 2 * dState, dInner, `${to}.mixer.x_proj`, false),
          ...linearSpecs(`${mixer}.dt_proj`, dInner, dStep, `${to}.mixer.dt_proj`, true),
          plain(`${mixer}.A_log`, [dInner, dState], `${to}.mixer.A_log`),
          plain(`${mixer}.D`, [dInner], `${to}.mixer.D`),
          ...linearSpecs(`${mixer}.out_proj`, d, dInner, `${to}.mixer.out_proj`, config.hasBias),
        ];
      }).flat(),
      ...normSpecs("backbone.norm_f", d, "ln_final", norm),
    ];
  },
  make: (config, weights, options) => new StateSpaceModel(config, weights, options),
};
