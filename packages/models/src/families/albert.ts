import { encoderConfig } from "../transformer/encoder.ts";
import { encoderTensors } from "../transformer/encoder-specs.ts";
import type { Family } from "../transformer/family.ts";
import { joinTargets, range } from "../transformer/specs.ts";

/**
 * ALBERT: layers share their weights in groups, narrow embeddings are projected. A group of several inner layers runs them all: each is
 * a layer here. @see https://arxiv.org/abs/1909.11942
 */
export const albert: Family = {
  modelTypes: ["albert"],
  prefix: "albert.",
  defaults: { hidden_act: "gelu_new" },
  ignored: /(^|\.)pooler\.|sop_classifier\.|predictions\.decoder\.bias/,
  config(fields) {
    const innerLayers = fields.count("inner_group_num", 1);
    const groups = fields.count("num_hidden_groups", 1);
    const config = encoderConfig(fields, {
      dEmbed: fields.width("embedding_size", 128),
      isAlwaysProjected: true,
    });
    const blocks = config.blocks.flatMap((block) => Array.from({ length: innerLayers }, () => block));
    return { ...config, blocks, sharing: { groups, innerLayers } };
  },
  tensors(config) {
    const { blocks, sharing: { groups, innerLayers } = { groups: 1, innerLayers: 1 } } = config;
    const groupOf = (layer: number): number =>
      Math.floor((Math.floor(layer / innerLayers) * groups * innerLayers) / blocks.length);
    const place = (layer: number): string =>
      `albert_layer_groups.${groupOf(layer)}.albert_layers.${layer % innerLayers}`;
    const used = new Set(blocks.map((_, layer) => groupOf(layer)));
    const specs = joinTargets(
      encoderTensors(config, {
        embeddings: "albert.embeddings",
        projection: "albert.encoder.embedding_hidden_mapping_in",
        layer: (i) => `albert.encoder.${place(i)}`,
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
    // Files have all groups, also those that no layer is of.
    const idle = range(0, groups).filter((group) => !used.has(group));
    const first = specs.filter(({ name }) => name.includes("albert_layer_groups.0."));
    return [
      ...specs,
      ...idle.flatMap((group) =>
        first.map((spec) => {
          const name = spec.name.replace("albert_layer_groups.0.", `albert_layer_groups.${group}.`);
          return { ...spec, name, targets: [], isOptional: true };
        }),
      ),
    ];
  },
};
