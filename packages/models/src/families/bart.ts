import type { BlockConfig, EncoderDecoderConfig } from "../transformer/config.ts";
import { EncoderDecoder } from "../transformer/encoder-decoder.ts";
import type { Family } from "../transformer/family.ts";
import type { Fields } from "../transformer/fields.ts";
import { linearSpecs, normSpecs, plain, type TensorSpec } from "../transformer/specs.ts";

/** BART: learned positions with two rows before them, norms behind the sums, no last norm. @see https://arxiv.org/abs/1910.13461 */
export const bart: Family<EncoderDecoderConfig> = {
  modelTypes: ["bart"],
  prefix: "model.",
  config(fields) {
    const dModel = fields.width("d_model");
    const nPositions = fields.size("max_position_embeddings", 1024);
    const norm = { kind: "layer", epsilon: 1e-5 } as const;
    const stack = (name: "encoder" | "decoder"): BlockConfig[] =>
      Array.from({ length: fields.count(`${name}_layers`) }, () => blockOf(fields, name));
    return {
      modelType: "bart",
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions,
      embed: {
        dEmbed: dModel,
        scale: fields.flag("scale_embedding", false) ? Math.sqrt(dModel) : undefined,
        positions: { rows: nPositions + 2, offset: 2 },
        norm,
        isHookedAtEnd: true,
      },
      encoder: stack("encoder"),
      decoder: stack("decoder"),
      head: { hasBias: true },
      isTied: fields.flag("tie_word_embeddings", true),
      bosTokenId: fields.token("decoder_start_token_id"),
      padTokenId: fields.token("pad_token_id"),
    };
  },
  tensors: (config) => [
    {
      ...plain("model.shared.weight", [config.dVocab, config.dModel], "embed.weight"),
      targets: [{ parameter: "embed.weight" }, { parameter: "decoder_embed.weight" }],
      isOptional: config.isTied,
    },
    ...(config.isTied ? [] : ["encoder", "decoder"].map((stack) => ownEmbedding(config, stack))),
    {
      ...plain("lm_head.weight", [config.dVocab, config.dModel], "unembed.weight"),
      isOptional: config.isTied,
    },
    {
      ...plain("final_logits_bias", [1, config.dVocab], "unembed.bias"),
      targets: [{ parameter: "unembed.bias", reshape: [config.dVocab] }],
      isOptional: true, // files of `BartModel` lack it: it is 0 then
    },
    ...stackSpecs(config, "encoder"),
    ...stackSpecs(config, "decoder"),
  ],
  ignored: /^model\.(encoder|decoder)\.embed_tokens\.weight$/,
  make: (config, weights, options) => new EncoderDecoder(config, weights, options),
};

/** The tokens of one side: where nothing is tied, each side may have its own in place of the shared ones. */
function ownEmbedding(config: EncoderDecoderConfig, stack: string): TensorSpec {
  const parameter = stack === "encoder" ? "embed.weight" : "decoder_embed.weight";
  return {
    ...plain(`model.${stack}.embed_tokens.weight`, [config.dVocab, config.dModel], parameter),
    isOptional: true,
    insteadOf: "model.shared.weight",
  };
}

function blockOf(fields: Fields, stack: "encoder" | "decoder"): BlockConfig {
  const dModel = fields.width("d_model");
  const heads = `${stack}_attention_heads`;
  const nHeads = fields.count(heads);
  fields.divides(heads, nHeads, dModel, "d_model");
  const dHead = dModel / nHeads;
  return {
    attention: {
      nHeads,
      nKeyHeads: nHeads,
      dHead,
      scale: 1 / Math.sqrt(dHead),
      isCausal: stack === "decoder",
      hasQkvBias: true,
      hasOutBias: true,
    },
    mlp: {
      dMlp: fields.width(`${stack}_ffn_dim`),
      activation: fields.activation("activation_function", "gelu"),
      isGated: false,
      hasBias: true,
    },
    norm: { kind: "layer", epsilon: 1e-5 },
    order: "post",
    norms: ["ln1", "ln2"],
  };
}

function stackSpecs(config: EncoderDecoderConfig, stack: "encoder" | "decoder"): TensorSpec[] {
  const { dModel: d } = config;
  const norm = { kind: "layer", epsilon: 1 } as const;
  const [root, embed] = [`model.${stack}`, stack === "encoder" ? "embed" : "decoder_embed"];
  return [
    plain(`${root}.embed_positions.weight`, [config.embed.positions?.rows ?? 0, d], `${embed}.positions`),
    ...normSpecs(`${root}.layernorm_embedding`, d, `${embed}.ln`, norm),
    ...config[stack].flatMap(({ mlp }, i) => {
      const [from, to] = [`${root}.layers.${i}`, `${stack}.${i}`];
      const isDecoder = stack === "decoder";
      return [
        ...attentionSpecs(`${from}.self_attn`, `${to}.attn`, d),
        ...normSpecs(`${from}.self_attn_layer_norm`, d, `${to}.ln1`, norm),
        ...(isDecoder ? attentionSpecs(`${from}.encoder_attn`, `${to}.cross_attn`, d) : []),
        ...(isDecoder ? normSpecs(`${from}.encoder_attn_layer_norm`, d, `${to}.ln2`, norm) : []),
        ...linearSpecs(`${from}.fc1`, mlp.dMlp, d, `${to}.mlp.in`, true),
        ...linearSpecs(`${from}.fc2`, d, mlp.dMlp, `${to}.mlp.out`, true),
        ...normSpecs(`${from}.final_layer_norm`, d, `${to}.${isDecoder ? "ln3" : "ln2"}`, norm),
      ];
    }),
  ];
}

function attentionSpecs(from: string, to: string, d: number): TensorSpec[] {
  const names = { q: "q_proj", k: "k_proj", v: "v_proj", o: "out_proj" };
  return Object.entries(names).flatMap(([name, stored]) =>
    linearSpecs(`${from}.${stored}`, d, d, `${to}.${name}`, true),
  );
}
