import type {
  AttentionConfig,
  BlockConfig,
  EmbedConfig,
  HeadConfig,
  LayerConfig,
  NormConfig,
  RotationConfig,
  TransformerConfig,
} from "./config.ts";
import type { ActivationName } from "../ops/activations.ts";
import type { ConfigFields } from "./fields.ts";

/** What a family says about itself; everything else is as in most decoders. */
export interface DecoderChoices {
  readonly modelType: string;
  readonly kind?: TransformerConfig["kind"];
  readonly dModel: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly nKeyHeads?: number;
  readonly dHead?: number;
  readonly dMlp: number;
  readonly dVocab: number;
  readonly nPositions?: number | undefined;
  readonly norm: NormConfig;
  readonly activation: ActivationName;
  readonly isGated?: boolean;
  readonly isCausal?: boolean;
  readonly mlpBias?: boolean;
  readonly attentionBias?: boolean | AttentionConfig["biases"];
  readonly attention?: Omit<AttentionConfig, "biases">;
  readonly block?: Partial<BlockConfig>;
  readonly embed?: Partial<EmbedConfig>;
  readonly head?: Partial<HeadConfig>;
  readonly scale?: number;
  readonly rotation?: RotationConfig;
  readonly window?: number | undefined;
  /** What differs from layer to layer. */
  readonly layer?: (index: number) => Partial<LayerConfig>;
  readonly mamba?: TransformerConfig["mamba"];
  readonly patches?: TransformerConfig["patches"];
  readonly encoder?: TransformerConfig["encoder"];
  readonly hasCross?: boolean;
}

/** A layer norm with gain and bias. */
export function layerNorm(epsilon: number, hasBias = true): NormConfig {
  return { kind: "layer", epsilon, hasGain: true, hasBias };
}

/** A norm by the root of the mean square, with a gain. */
export function rmsNorm(epsilon: number): NormConfig {
  return { kind: "rms", epsilon, hasGain: true, hasBias: false };
}

/** A whole config from a family's choices and the fields that all share. */
export function transformerConfig(fields: ConfigFields, choices: DecoderChoices): TransformerConfig {
  const { dModel, nLayers, nHeads, dMlp, window, rotation } = choices;
  const nKeyHeads = choices.nKeyHeads ?? nHeads;
  if (choices.dHead === undefined) fields.divides("num_attention_heads", nHeads, dModel, "hidden_size");
  const dHead = choices.dHead ?? dModel / nHeads;
  fields.divides("num_key_value_heads", nKeyHeads, nHeads, "num_attention_heads");
  const scale = choices.scale ?? 1 / Math.sqrt(dHead);
  const bias = choices.attentionBias ?? false;
  const biases = typeof bias === "boolean" ? { q: bias, k: bias, v: bias, o: bias } : bias;
  const mlpBias = choices.mlpBias ?? false;
  const block: BlockConfig = {
    order: "sequential",
    ln1: true,
    ln2: true,
    postNorms: false,
    branchScale: 1,
    ...choices.block,
  };
  return {
    modelType: choices.modelType,
    kind: choices.kind ?? "decoder",
    dModel,
    nLayers,
    nHeads,
    nKeyHeads,
    dHead,
    dVocab: choices.dVocab,
    nPositions: choices.nPositions,
    norm: choices.norm,
    isCausal: choices.isCausal ?? true,
    block,
    attention: { ...choices.attention, biases },
    mlp: {
      isGated: choices.isGated ?? false,
      activation: choices.activation,
      hasBiasIn: mlpBias,
      hasBiasOut: mlpBias,
    },
    layers: Array.from({ length: nLayers }, (_, index) => ({
      window,
      rotation,
      scale,
      dMlp,
      experts: undefined,
      weights: index,
      ...choices.layer?.(index),
    })),
    hasCross: choices.hasCross ?? false,
    embed: { width: dModel, scale: 1, tokenTypes: 0, isEncoder: false, ...choices.embed },
    head: { norm: choices.norm, isTied: false, hasBias: false, scale: 1, ...choices.head },
    bosTokenId: fields.token("bos_token_id"),
    padTokenId: fields.token("pad_token_id"),
    ...(choices.mamba === undefined ? {} : { mamba: choices.mamba }),
    ...(choices.patches === undefined ? {} : { patches: choices.patches }),
    ...(choices.encoder === undefined ? {} : { encoder: choices.encoder }),
  };
}
