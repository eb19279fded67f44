import { configUnsupported } from "../errors.ts";
import type { BlockConfig, StackConfig, TransformerConfig } from "../transformer/config.ts";
import { rmsNorm, transformerConfig } from "../transformer/defaults.ts";
import type { Family } from "../transformer/family.ts";
import type { ActivationName } from "../ops/activations.ts";
import { plain, type TensorSpec } from "../transformer/specs.ts";
import { attentionSpecs, gatedMlpSpecs, normSpecs, plainMlpSpecs } from "../transformer/standard-tensors.ts";

const PROJECTIONS: Readonly<Record<string, readonly [ActivationName, boolean]>> = {
  relu: ["relu", false],
  gelu: ["gelu", false],
  gelu_new: ["gelu_new", false],
  "gated-relu": ["relu", true],
  "gated-gelu": ["gelu_new", true],
  "gated-silu": ["silu", true],
};

/** T5: an encoder and a decoder with biases by distance, scores that are not scaled, RMS norms. */
export const t5: Family = {
  modelTypes: ["t5", "mt5"],
  ignored: /embed_tokens\.weight$|relative_attention_bias\.weight$/,
  config(fields) {
    const dModel = fields.size("d_model");
    const kind = fields.raw("feed_forward_proj") ?? "relu";
    const projection = Object.hasOwn(PROJECTIONS, String(kind)) ? PROJECTIONS[String(kind)] : undefined;
    if (projection === undefined) {
      throw configUnsupported(fields.file, "feed_forward_proj", kind, Object.keys(PROJECTIONS));
    }
    const isTied = fields.flag("tie_word_embeddings", true);
    const nLayers = fields.layers("num_layers");
    const config = transformerConfig(fields, {
      modelType: "t5",
      kind: "encoder-decoder",
      dModel,
      nLayers: fields.absent("num_decoder_layers") ? nLayers : fields.layers("num_decoder_layers"),
      nHeads: fields.size("num_heads"),
      dHead: fields.size("d_kv", 64),
      dMlp: fields.size("d_ff"),
      dVocab: fields.size("vocab_size"),
      norm: rmsNorm(fields.number("layer_norm_epsilon", 1e-6)),
      activation: projection[0],
      isGated: projection[1],
      scale: 1,
      hasCross: true,
      attention: {
        buckets: {
          count: fields.size("relative_attention_num_buckets", 32),
          maxDistance: fields.size("relative_attention_max_distance", 128),
        },
      },
      head: { isTied, ...(isTied ? { inputScale: dModel ** -0.5 } : {}) },
    });
    const [layer] = config.layers;
    const layers = Array.from({ length: nLayers }, (_, weights) => ({ ...layer, weights }));
    return {
      ...config,
      decoderStartTokenId: fields.token("decoder_start_token_id") ?? fields.token("pad_token_id"),
      encoder: { ...encoderOf(config, layers as StackConfig["layers"]), finalNorm: true }, // copies of a layer
    };
  },
  tensors(config) {
    const { dModel, dVocab, norm, head } = config;
    return [
      plain("shared.weight", [dVocab, dModel], "W_E"),
      ...(head.isTied ? [] : [plain("lm_head.weight", [dVocab, dModel], "unembed")]),
      ...stackSpecs(config, config.encoder ?? config, "encoder"),
      ...normSpecs("encoder.final_layer_norm", norm, dModel, "encoder.ln_final"),
      ...stackSpecs(config, config, "decoder"),
      ...normSpecs("decoder.final_layer_norm", norm, dModel, "decoder.ln_final"),
    ];
  },
};

function encoderOf(
  { block, attention, mlp, norm }: { block: BlockConfig } & StackConfig,
  layers: StackConfig["layers"],
): StackConfig {
  return { layers, block, attention, mlp, norm, isCausal: false, hasCross: false };
}

function stackSpecs(config: TransformerConfig, stack: StackConfig, side: string): TensorSpec[] {
  const { dModel, nHeads, norm, attention } = config;
  const bias = `${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
  const layers = stack.layers.flatMap(({ dMlp }, layer) => {
    const [at, to] = [`${side}.block.${layer}.layer`, `${side}.blocks.${layer}`];
    const own = (place: number, kind: string): { q: string; k: string; v: string; o: string } => {
      const root = `${at}.${place}.${kind}`;
      return { q: `${root}.q`, k: `${root}.k`, v: `${root}.v`, o: `${root}.o` };
    };
    const last = stack.hasCross ? 2 : 1;
    const dense = `${at}.${last}.DenseReluDense`;
    const gated = { gate: `${dense}.wi_0`, in: `${dense}.wi_1`, out: `${dense}.wo` };
    return [
      ...normSpecs(`${at}.0.layer_norm`, norm, dModel, `${to}.ln1`),
      ...attentionSpecs(config, own(0, "SelfAttention"), `${to}.attn.`),
      ...normSpecs(`${at}.1.layer_norm`, norm, dModel, `${to}.ln2`),
      ...(stack.hasCross
        ? [
            ...attentionSpecs(config, own(1, "EncDecAttention"), `${to}.cross_attn.`),
            ...normSpecs(`${at}.2.layer_norm`, norm, dModel, `${to}.ln3`),
          ]
        : []),
      ...(config.mlp.isGated
        ? gatedMlpSpecs(config, dMlp, gated, `${to}.mlp.`)
        : plainMlpSpecs(config, dMlp, { in: `${dense}.wi`, out: `${dense}.wo` }, `${to}.mlp.`)),
    ];
  });
  return [plain(bias, [attention.buckets?.count ?? 0, nHeads], `${side}.rel_pos_bias`), ...layers];
}
