import { layerNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import { linearSpecs, plain, range } from "../transformer/specs.ts";
import { attentionSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

/** ViT, as a classifier: patches of an image with a class token before them. */
export const vit: Family = {
  modelTypes: ["vit"],
  prefix: "vit.",
  ignored: /^pooler\./,
  config(fields) {
    const dModel = fields.size("hidden_size");
    const labels = fields.raw("id2label");
    const isBiased = fields.flag("qkv_bias", true);
    const image = fields.size("image_size", 224);
    const patch = fields.size("patch_size", 16);
    fields.divides("patch_size", patch, image, "image_size");
    const classes = typeof labels === "object" && labels !== null ? Object.keys(labels).length : fields.size("num_labels", 10);
    return transformerConfig(fields, {
      modelType: "vit",
      kind: "vision",
      dModel,
      nHeads: fields.size("num_attention_heads"),
      nLayers: fields.layers("num_hidden_layers"),
      dMlp: fields.size("intermediate_size"),
      dVocab: classes,
      norm: layerNorm(fields.number("layer_norm_eps", 1e-12)),
      activation: fields.activation("hidden_act", "gelu"),
      isCausal: false,
      attentionBias: { q: isBiased, k: isBiased, v: isBiased, o: true },
      mlpBias: true,
      patches: { image, patch, channels: fields.size("num_channels", 3), classes },
      head: { hasBias: true },
    });
  },
  tensors(config) {
    const { dModel, norm, patches } = config;
    if (patches === undefined) return [];
    const { image, patch, channels, classes } = patches;
    const at = "vit.embeddings";
    return [
      plain(`${at}.cls_token`, [1, 1, dModel], "class_token"),
      plain(`${at}.position_embeddings`, [1, (image / patch) ** 2 + 1, dModel], "W_pos"),
      plain(`${at}.patch_embeddings.projection.weight`, [dModel, channels, patch, patch], "kernel"),
      ...linearSpecs(`${at}.patch_embeddings.projection`, [1, dModel], [["patch", range(0, dModel)]], true, {
        prefix: "",
      }).slice(1),
      ...config.layers.flatMap(({ dMlp }, layer) => {
        const [from, to] = [`vit.encoder.layer.${layer}`, `blocks.${layer}`];
        const own = `${from}.attention.attention`;
        const names = { q: `${own}.query`, k: `${own}.key`, v: `${own}.value`, o: `${from}.attention.output.dense` };
        return [
          ...normSpecs(`${from}.layernorm_before`, norm, dModel, `${to}.ln1`),
          ...attentionSpecs(config, names, `${to}.attn.`),
          ...normSpecs(`${from}.layernorm_after`, norm, dModel, `${to}.ln2`),
          ...plainMlpSpecs(config, dMlp, { in: `${from}.intermediate.dense`, out: `${from}.output.dense` }, `${to}.mlp.`),
        ];
      }),
      ...normSpecs("vit.layernorm", norm, dModel, "ln_final"),
      plain("classifier.weight", [classes, dModel], "unembed"),
      plain("classifier.bias", [classes], "b_U"),
    ];
  },
};
