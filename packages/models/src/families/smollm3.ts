import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { readRotation } from "../transformer/read-rotation.ts";
import { isNumber } from "../transformer/fields.ts";
import { llamaTensors } from "../transformer/standard-tensors.ts";
import { readSliding } from "../transformer/windows.ts";

/** SmolLM 3: Llama, some of whose layers do not rotate. */
export const smollm3: Family = {
  modelTypes: ["smollm3"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.size("hidden_size");
    const nHeads = fields.size("num_attention_heads");
    const nLayers = fields.layers("num_hidden_layers");
    const dHead = fields.optionalSize("head_dim") ?? dModel / nHeads;
    const interval = fields.size("no_rope_layer_interval", 4);
    // 1 means that the layer does rotate.
    const rotates = fields.absent("no_rope_layers")
      ? Array.from({ length: nLayers }, (_, layer) => ((layer + 1) % interval === 0 ? 0 : 1))
      : fields.list("no_rope_layers", nLayers, isNumber, `a list of ${nLayers} numbers, 0 or 1`);
    const window = fields.flag("use_sliding_window", false) ? fields.optionalSize("sliding_window") : undefined;
    const sliding = readSliding(fields, nLayers, (layer) => window !== undefined && rotates[layer] === 1);
    const rotation = readRotation(fields, { dHead, base: 2_000_000 });
    return transformerConfig(fields, {
      modelType: "smollm3",
      dModel,
      nHeads,
      nLayers,
      dHead,
      nKeyHeads: fields.size("num_key_value_heads", nHeads),
      dVocab: fields.size("vocab_size"),
      dMlp: fields.size("intermediate_size"),
      norm: rmsNorm(fields.number("rms_norm_eps", 1e-6)),
      activation: fields.activation("hidden_act", "silu"),
      isGated: true,
      attentionBias: fields.flag("attention_bias", false),
      mlpBias: fields.flag("mlp_bias", false),
      layer: (index) => ({
        rotation: rotates[index] === 0 ? undefined : rotation,
        window: sliding[index] === true ? window : undefined,
      }),
      head: { isTied: fields.flag("tie_word_embeddings", true) },
    });
  },
  tensors: (config) => llamaTensors(config),
};
