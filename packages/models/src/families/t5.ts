import type { BlockConfig, EncoderDecoderConfig } from "../transformer/config.ts";
import { EncoderDecoder } from "../transformer/encoder-decoder.ts";
import type { Family } from "../transformer/family.ts";
import type { Fields } from "../transformer/fields.ts";
import type { ActivationName } from "../ops/activations.ts";
import { linearSpecs, normSpecs, plain, type TensorSpec } from "../transformer/specs.ts";

/** T5 and its version 1.1: no scaling of scores, a bias by distance that all layers share. @see https://arxiv.org/abs/1910.10683 */
export const t5: Family<EncoderDecoderConfig> = {
  modelTypes: ["t5"],
  prefix: "transformer.",
  config(fields) {
    const dModel = fields.width("d_model");
    const norm = { kind: "rms", epsilon: fields.number("layer_norm_epsilon", 1e-6) } as const;
    const isTied = fields.flag("tie_word_embeddings", true);
    const nLayers = fields.count("num_layers");
    const isScaled = fields.flag("scale_decoder_outputs", isTied);
    const blocks = (count: number, isDecoder: boolean): BlockConfig[] =>
      Array.from({ length: count }, () => blockOf(fields, isDecoder));
    return {
      modelType: "t5",
      dModel,
      dVocab: fields.size("vocab_size"),
      nPositions: undefined,
      embed: { dEmbed: dModel },
      encoder: blocks(nLayers, false),
      decoder: blocks(fields.count("num_decoder_layers", nLayers), true),
      head: { norm, inputScale: isScaled ? dModel ** -0.5 : undefined },
      isTied,
      bosTokenId: fields.token("decoder_start_token_id"),
      padTokenId: fields.token("pad_token_id"),
    };
  },
  tensors: (config) => [
    {
      ...plain("shared.weight", [config.dVocab, config.dModel], "embed.weight"),
      targets: [{ parameter: "embed.weight" }, { parameter: "decoder_embed.weight" }],
      isOptional: config.isTied,
    },
    {
      ...plain("lm_head.weight", [config.dVocab, config.dModel], "unembed.weight"),
      isOptional: config.isTied,
    },
    ...stackSpecs(config, "encoder"),
    ...stackSpecs(config, "decoder"),
  ],
  ignored: /^(encoder|decoder)\.embed_tokens\.weight$|EncDecAttention\.relative_attention_bias/,
  make: (config, weights, options) => new EncoderDecoder(config, weights, options),
};

function blockOf(fields: Fields, isDecoder: boolean): BlockConfig {
  const [isGated, activation] = feedForward(fields);
  const nHeads = fields.count("num_heads");
  return {
    attention: {
      nHeads,
      nKeyHeads: nHeads,
      dHead: fields.width("d_kv", 64),
      scale: 1,
      isCausal: isDecoder,
      relativeBias: {
        buckets: fields.size("relative_attention_num_buckets", 32),
        maxDistance: fields.size("relative_attention_max_distance", 128),
        isBidirectional: !isDecoder,
      },
      hasQkvBias: false,
      hasOutBias: false,
    },
    mlp: { dMlp: fields.width("d_ff"), activation, isGated, hasBias: false },
    norm: { kind: "rms", epsilon: fields.number("layer_norm_epsilon", 1e-6) },
    order: "sequential",
    norms: ["ln1", "ln2"],
  };
}

/** `"gated-gelu"` means the tanh form of GELU. */
function feedForward(fields: Fields): readonly [boolean, ActivationName] {
  const name = fields.raw("feed_forward_proj") ?? "relu";
  const [isGated, plainName] =
    typeof name === "string" && name.startsWith("gated-") ? [true, name.slice(6)] : [false, name];
  if (isGated && plainName === "gelu") return [true, "gelu_new"];
  return [isGated, fields.activationOf("feed_forward_proj", plainName)];
}

function stackSpecs(config: EncoderDecoderConfig, stack: "encoder" | "decoder"): TensorSpec[] {
  const { dModel: d } = config;
  const norm = { kind: "rms", epsilon: 1 } as const;
  const embed = stack === "encoder" ? "embed" : "decoder_embed";
  const bias = `${stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
  const first = config[stack][0]?.attention;
  return [
    plain(bias, [first?.relativeBias?.buckets ?? 0, first?.nHeads ?? 0], `${embed}.relative_bias`),
    ...config[stack].flatMap((block, i) => {
      const [from, to] = [`${stack}.block.${i}.layer`, `${stack}.${i}`];
      const last = stack === "encoder" ? 1 : 2;
      const ff = `${from}.${last}.DenseReluDense`;
      const { isGated, dMlp } = block.mlp;
      return [
        ...normSpecs(`${from}.0.layer_norm`, d, `${to}.ln1`, norm),
        ...attentionSpecs(`${from}.0.SelfAttention`, `${to}.attn`, block, d),
        ...(stack === "decoder"
          ? [
              ...normSpecs(`${from}.1.layer_norm`, d, `${to}.ln2`, norm),
              ...attentionSpecs(`${from}.1.EncDecAttention`, `${to}.cross_attn`, block, d),
            ]
          : []),
        ...normSpecs(`${from}.${last}.layer_norm`, d, `${to}.ln${last + 1}`, norm),
        ...(isGated ? linearSpecs(`${ff}.wi_0`, dMlp, d, `${to}.mlp.gate`, false) : []),
        ...linearSpecs(`${ff}.${isGated ? "wi_1" : "wi"}`, dMlp, d, `${to}.mlp.in`, false),
        ...linearSpecs(`${ff}.wo`, d, dMlp, `${to}.mlp.out`, false),
      ];
    }),
    ...normSpecs(`${stack}.final_layer_norm`, d, `${stack}_final_ln`, norm),
  ];
}

function attentionSpecs(from: string, to: string, { attention }: BlockConfig, d: number): TensorSpec[] {
  const width = attention.nHeads * attention.dHead;
  return [
    ...(["q", "k", "v"] as const).flatMap((name) =>
      linearSpecs(`${from}.${name}`, width, d, `${to}.${name}`, false),
    ),
    ...linearSpecs(`${from}.o`, d, width, `${to}.o`, false),
  ];
}
