import type { BlockConfig } from "../transformer/config.ts";
import type { Family } from "../transformer/family.ts";
import type { Fields } from "../transformer/fields.ts";
import { linearSpecs, normSpecs, plain } from "../transformer/specs.ts";
import { tokenSpecs, uniformConfig } from "../transformer/uniform.ts";

/** GPT-Neo: as GPT-2, with unscaled scores and a window on every second layer. */
export const gptNeo: Family = {
  modelTypes: ["gpt_neo"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.width("hidden_size");
    const nHeads = fields.count("num_heads");
    fields.divides("num_heads", nHeads, dModel, "hidden_size");
    const nLayers = fields.count("num_layers");
    const kinds = layerKinds(fields, nLayers);
    const window = fields.size("window_size", 256);
    const norm = { kind: "layer", epsilon: fields.number("layer_norm_epsilon", 1e-5) } as const;
    const nPositions = fields.size("max_position_embeddings", 2048);
    const block: BlockConfig = {
      attention: {
        nHeads,
        nKeyHeads: nHeads,
        dHead: dModel / nHeads,
        scale: 1,
        isCausal: true,
        hasQkvBias: false,
        hasOutBias: true,
      },
      mlp: {
        dMlp: fields.width("intermediate_size", 4 * dModel),
        activation: fields.activation("activation_function", "gelu_new"),
        isGated: false,
        hasBias: true,
      },
      norm,
      order: "sequential",
      norms: ["ln1", "ln2"],
    };
    return uniformConfig(fields, {
      nLayers,
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      embed: { dEmbed: dModel, positions: { rows: nPositions, offset: 0 } },
      head: { norm },
      block,
      isTied: true,
      layer: (i) => (kinds[i] === "local" ? { attention: { ...block.attention, window } } : {}),
    });
  },
  tensors: (config) => [
    ...tokenSpecs(config, "transformer.wte.weight", "lm_head.weight"),
    plain("transformer.wpe.weight", [config.embed.positions?.rows ?? 0, config.dModel], "embed.positions"),
    ...config.blocks.flatMap(({ mlp, norm, attention }, i) => {
      const [from, to, d] = [`transformer.h.${i}`, `blocks.${i}`, config.dModel];
      const attn = `${from}.attn.attention`;
      return [
        ...normSpecs(`${from}.ln_1`, d, `${to}.ln1`, norm),
        ...(["q", "k", "v"] as const).flatMap((name) =>
          linearSpecs(`${attn}.${name}_proj`, d, d, `${to}.attn.${name}`, attention.hasQkvBias),
        ),
        ...linearSpecs(`${attn}.out_proj`, d, d, `${to}.attn.o`, true),
        ...normSpecs(`${from}.ln_2`, d, `${to}.ln2`, norm),
        ...linearSpecs(`${from}.mlp.c_fc`, mlp.dMlp, d, `${to}.mlp.in`, true),
        ...linearSpecs(`${from}.mlp.c_proj`, d, mlp.dMlp, `${to}.mlp.out`, true),
      ];
    }),
    ...normSpecs("transformer.ln_f", config.dModel, "ln_final", { kind: "layer", epsilon: 1 }),
  ],
};

/** `[[["global", "local"], 2]]` means the two kinds in turn, twice. */
function layerKinds(fields: Fields, nLayers: number): readonly unknown[] {
  const listed = fields.words("attention_layers", nLayers);
  if (listed !== undefined) return listed;
  const types = fields.raw("attention_types");
  if (types === undefined)
    return Array.from({ length: nLayers }, (_, i) => (i % 2 === 0 ? "global" : "local"));
  const kinds = Array.isArray(types) ? types.flatMap((each) => kindsOf(each)) : [];
  if (kinds.length >= nLayers) return kinds;
  return fields.refuse("attention_types", `lists of layers' kinds with times, for ${nLayers} layers`);
}

/** One entry of `attention_types`; nothing where it is none. */
function kindsOf(entry: unknown): readonly unknown[] {
  const [kinds, times] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
  if (!Array.isArray(kinds) || typeof times !== "number" || !(times <= 512)) return [];
  return Array.from({ length: times }, () => kinds as readonly unknown[]).flat();
}
