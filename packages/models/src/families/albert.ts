import { encoderConfig } from "../transformer/encoder.ts";
import { encoderTensors } from "../transformer/encoder-specs.ts";
import type { Family } from "../transformer/family.ts";
import { joinTargets } from "../transformer/specs.ts";

/** ALBERT: layers share their weights in groups, narrow embeddings are projected. @see https://arxiv.org/abs/1909.11942 */
export const albert: Family = {
  modelTypes: ["albert"],
  prefix: "albert.",
  ignored: /(^|\.)pooler\.|sop_classifier\.|predictions\.decoder\.bias/,
  config(fields) {
    fields.only("inner_group_num", [1]);
    const groups = fields.count("num_hidden_groups", 1);
    const config = encoderConfig(fields, {
      dEmbed: fields.width("embedding_size", 128),
      isAlwaysProjected: true,
    });
    return { ...config, sharedGroups: groups };
  },
  tensors(config) {
    const { blocks, sharedGroups = 1 } = config;
    const group = (layer: number): number => Math.floor((layer * sharedGroups) / blocks.length);
    return joinTargets(
      encoderTensors(config, {
        embeddings: "albert.embeddings",
        projection: "albert.encoder.embedding_hidden_mapping_in",
        layer: (i) => `albert.encoder.albert_layer_groups.${group(i)}.albert_layers.0`,
        parts: {
          q: "attention.query",
          k: "attention.key",
          v: "attention.value",
          o: "attention.dense",
          ln1: "attention.LayerNorm",
          in: "ffn",
          out: "ffn_output",
          ln2: "full_layer_layer_norm",
        },
        head: {
          dense: "predictions.dense",
          norm: "predictions.LayerNorm",
          bias: "predictions.bias",
          weight: "predictions.decoder.weight",
          ownBias: "predictions.decoder.bias",
        },
      }),
    );
  },
};
