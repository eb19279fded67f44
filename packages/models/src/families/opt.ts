import type { Family } from "../transformer/family.ts";
import { linearSpecs, normSpecs, plain } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** OPT: positions have two rows before them; narrow embeddings are projected; the norms may stand behind the sums. */
export const opt: Family = {
  modelTypes: ["opt"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.width("hidden_size");
    const nHeads = fields.count("num_attention_heads");
    fields.divides("num_attention_heads", nHeads, dModel, "hidden_size");
    const dHead = dModel / nHeads;
    const nPositions = fields.size("max_position_embeddings", 2048);
    const dEmbed = fields.width("word_embed_proj_dim", dModel);
    const hasBias = fields.flag("enable_bias", true);
    const isBefore = fields.flag("do_layer_norm_before", true);
    const hasFinal = isBefore && !fields.flag("_remove_final_layer_norm", false);
    const isPlain = !fields.flag("layer_norm_elementwise_affine", true);
    const norm = { kind: "layer", epsilon: 1e-5, isPlain } as const;
    return uniformConfig(fields, {
      nLayers: fields.count("num_hidden_layers"),
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      embed: {
        dEmbed,
        positions: { rows: nPositions + 2, offset: 2 },
        projection: dEmbed === dModel ? undefined : "before positions",
      },
      head: { norm: hasFinal ? norm : undefined, isProjected: dEmbed !== dModel },
      isTied: true,
      block: {
        attention: {
          nHeads,
          nKeyHeads: nHeads,
          dHead,
          scale: 1 / Math.sqrt(dHead),
          isCausal: true,
          hasQkvBias: hasBias,
          hasOutBias: hasBias,
        },
        mlp: {
          dMlp: fields.width("ffn_dim"),
          activation: fields.activation("activation_function", "relu"),
          isGated: false,
          hasBias,
        },
        norm,
        order: isBefore ? "sequential" : "post",
        norms: ["ln1", "ln2"],
      },
    });
  },
  tensors(config) {
    const { dModel: d, embed, head } = config;
    const root = "model.decoder";
    return [
      ...tokenSpecs(config, `${root}.embed_tokens.weight`, "lm_head.weight"),
      plain(`${root}.embed_positions.weight`, [embed.positions?.rows ?? 0, d], "embed.positions"),
      ...(embed.projection === undefined
        ? []
        : linearSpecs(`${root}.project_in`, d, embed.dEmbed, "embed.projection", false)),
      ...config.blocks.flatMap(({ attention, mlp, norm }, i) => {
        const [from, to] = [`${root}.layers.${i}`, `blocks.${i}`];
        return [
          ...normSpecs(`${from}.self_attn_layer_norm`, d, `${to}.ln1`, norm),
          ...(["q", "k", "v"] as const).flatMap((name) =>
            linearSpecs(`${from}.self_attn.${name}_proj`, d, d, `${to}.attn.${name}`, attention.hasQkvBias),
          ),
          ...linearSpecs(`${from}.self_attn.out_proj`, d, d, `${to}.attn.o`, attention.hasOutBias),
          ...normSpecs(`${from}.final_layer_norm`, d, `${to}.ln2`, norm),
          ...linearSpecs(`${from}.fc1`, mlp.dMlp, d, `${to}.mlp.in`, mlp.hasBias),
          ...linearSpecs(`${from}.fc2`, d, mlp.dMlp, `${to}.mlp.out`, mlp.hasBias),
        ];
      }),
      ...(head.norm === undefined ? [] : normSpecs(`${root}.final_layer_norm`, d, "ln_final", head.norm)),
      ...(head.isProjected === true
        ? linearSpecs(`${root}.project_out`, embed.dEmbed, d, "project_out", false)
        : []),
    ];
  },
};
