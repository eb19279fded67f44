import type { ImageClassifierConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import { ImageClassifier } from "../transformer/image-classifier.ts";
import { linearSpecs, normSpecs, plain, range } from "../transformer/specs.ts";

/** ViT: patches as tokens, norms before, classes read from the first position. @see https://arxiv.org/abs/2010.11929 */
export const vit: Family<ImageClassifierConfig> = {
  modelTypes: ["vit"],
  prefix: "vit.",
  ignored: /(^|\.)pooler\./,
  config(fields) {
    const dModel = fields.width("hidden_size");
    const nHeads = fields.count("num_attention_heads");
    fields.divides("num_attention_heads", nHeads, dModel, "hidden_size");
    const imageSize = fields.size("image_size", 224);
    const patch = fields.size("patch_size", 16);
    fields.divides("patch_size", patch, imageSize, "image_size");
    const dHead = dModel / nHeads;
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_eps", 1e-12) } as const;
    const labels = fields.raw("id2label");
    const block = {
      attention: {
        nHeads,
        nKeyHeads: nHeads,
        dHead,
        scale: 1 / Math.sqrt(dHead),
        isCausal: false,
        hasQkvBias: fields.flag("qkv_bias", true),
        hasOutBias: true,
      },
      mlp: {
        dMlp: fields.width("intermediate_size"),
        activation: fields.activation("hidden_act", "gelu"),
        isGated: false,
        hasBias: true,
      },
      norm,
      order: "sequential",
      norms: ["ln1", "ln2"],
    } as const;
    return {
      modelType: "vit",
      dModel,
      classes:
        typeof labels === "object" && labels !== null
          ? Object.keys(labels).length
          : fields.size("num_labels", 2),
      imageSize,
      patch,
      channels: fields.size("num_channels", 3),
      norm,
      blocks: Array.from({ length: fields.count("num_hidden_layers") }, () => block),
    };
  },
  tensors(config) {
    const { dModel: d, channels, patch, imageSize, classes } = config;
    const positions = (imageSize / patch) ** 2 + 1;
    const root = "vit.embeddings";
    return [
      plain(`${root}.cls_token`, [1, 1, d], "embed.class"),
      plain(`${root}.position_embeddings`, [1, positions, d], "embed.positions"),
      {
        name: `${root}.patch_embeddings.projection.weight`,
        shape: [d, channels, patch, patch],
        layout: "outIn",
        targets: [{ parameter: "embed.weight", outputs: range(0, d) }],
      },
      plain(`${root}.patch_embeddings.projection.bias`, [d], "embed.bias"),
      ...config.blocks.flatMap(({ attention, mlp, norm }, i) => {
        const [from, to] = [`vit.encoder.layer.${i}`, `blocks.${i}`];
        const names = { q: "query", k: "key", v: "value" };
        return [
          ...normSpecs(`${from}.layernorm_before`, d, `${to}.ln1`, norm),
          ...Object.entries(names).flatMap(([name, stored]) =>
            linearSpecs(
              `${from}.attention.attention.${stored}`,
              d,
              d,
              `${to}.attn.${name}`,
              attention.hasQkvBias,
            ),
          ),
          ...linearSpecs(`${from}.attention.output.dense`, d, d, `${to}.attn.o`, true),
          ...normSpecs(`${from}.layernorm_after`, d, `${to}.ln2`, norm),
          ...linearSpecs(`${from}.intermediate.dense`, mlp.dMlp, d, `${to}.mlp.in`, true),
          ...linearSpecs(`${from}.output.dense`, d, mlp.dMlp, `${to}.mlp.out`, true),
        ];
      }),
      ...normSpecs("vit.layernorm", d, "ln_final", config.norm),
      ...linearSpecs("classifier", classes, d, "unembed", true),
    ];
  },
  make: (config, weights, options) => new ImageClassifier(config, weights, options),
};
