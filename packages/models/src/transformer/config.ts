import type { ActivationName } from "../ops/activations.ts";
import type { RotaryPairs } from "../ops/rotate.ts";

/** A normalisation over the last axis. */
export interface NormConfig {
  /** `"layer"` takes the mean off, `"rms"` does not. */
  readonly kind: "layer" | "rms";
  /** Added to the variance, or to the mean of squares. */
  readonly epsilon: number;
  /** Whether it has no gain. */
  readonly isPlain?: boolean | undefined;
  /** Whether a layer norm has no bias. */
  readonly isUnbiased?: boolean | undefined;
  /** What the file's gains lack: Gemma stores their difference from 1. */
  readonly plus?: number | undefined;
}

/** How the frequencies of a rotary embedding are stretched for longer texts. */
export type RotaryScaling =
  | { readonly kind: "default" }
  | { readonly kind: "linear"; readonly factor: number }
  /** Some of the pairs turn, the others stand still. */
  | { readonly kind: "proportional"; readonly factor: number; readonly pairs: number }
  | { readonly kind: "dynamic"; readonly factor: number; readonly maxPositions: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      readonly original: number;
    }
  | {
      readonly kind: "yarn";
      readonly factor: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly original: number;
      readonly truncate: boolean;
      /** What cosines and sines are multiplied by. */
      readonly amplitude: number;
    }
  | {
      readonly kind: "longrope";
      readonly short: readonly number[];
      readonly long: readonly number[];
      readonly original: number;
      readonly amplitude: number;
    };

/** A rotary embedding of one layer. */
export interface RotaryConfig {
  /** How many of a head's dimensions turn; even. */
  readonly dims: number;
  /** What the exponents of frequencies are divided by; `dims` unless the config's share of a head is an odd number. */
  readonly divisor?: number | undefined;
  readonly base: number;
  readonly pairs: RotaryPairs;
  readonly scaling: RotaryScaling;
}

/** A bias of scores that grows with the distance, by head. */
export interface AlibiConfig {
  /** One for each head. */
  readonly slopes: readonly number[];
  /** Where the bias is 0: at the query, at the row's first or at its last position. Patterns are the same. */
  readonly origin: "query" | "first" | "last";
  /** Whether scores are scaled after it was added, with slopes and products rounded to bfloat16. */
  readonly isInsideScale: boolean;
}

/** T5's bias of scores by the distance, in buckets. */
export interface RelativeBiasConfig {
  readonly buckets: number;
  readonly maxDistance: number;
  readonly isBidirectional: boolean;
}

/** Attention of one layer. */
export interface AttentionConfig {
  readonly nHeads: number;
  /** Heads of keys and values; a divisor of `nHeads`. */
  readonly nKeyHeads: number;
  readonly dHead: number;
  /** What scores are multiplied by. */
  readonly scale: number;
  readonly isCausal: boolean;
  /** Whether keys and values come from an encoder. */
  readonly isCross?: boolean | undefined;
  /** How many positions a query sees, itself counted. */
  readonly window?: number | undefined;
  readonly rotary?: RotaryConfig | undefined;
  readonly alibi?: AlibiConfig | undefined;
  readonly relativeBias?: RelativeBiasConfig | undefined;
  /** Scores become `cap tanh(scores / cap)`. */
  readonly cap?: number | undefined;
  /** Queries, keys and values are kept within plus and minus this. */
  readonly clip?: number | undefined;
  /** Norms of queries and keys: over a head with one gain for all, with a gain for each, or over all heads together. */
  readonly qkNorm?: (NormConfig & { readonly over: "head" | "each head" | "all" }) | undefined;
  readonly hasQkvBias: boolean;
  readonly hasOutBias: boolean;
  /** Whether a further score of every head takes its share of the softmax. */
  readonly hasSinks?: boolean | undefined;
}

/** A choice among several MLPs for every token. */
export interface ExpertsConfig {
  readonly count: number;
  /** How many serve a token. */
  readonly chosen: number;
  /**
   * What their weights are: the softmax over all, as it is or renormalised, or a softmax over the chosen alone.
   */
  readonly weights: "all" | "renormalized" | "chosen";
  /** What `hook_expert_weights` sees: the softmax over all experts, or what each counts in the end. Default the latter. */
  readonly shows?: "softmax" | "shares" | undefined;
}

/** The MLP of one layer. */
export interface MlpConfig {
  readonly dMlp: number;
  readonly activation: ActivationName;
  /** `act(x gate) * (x in)` in place of `act(x in)`. */
  readonly isGated: boolean;
  readonly hasBias: boolean;
  readonly experts?: ExpertsConfig | undefined;
  /** gpt-oss's gate: clamped, with its own slope. */
  readonly clamped?: { readonly alpha: number; readonly limit: number } | undefined;
}

/** One layer. */
export interface BlockConfig {
  readonly attention: AttentionConfig;
  readonly mlp: MlpConfig;
  readonly norm: NormConfig;
  /**
   * - `sequential`: `mid = x + attn(ln1 x)`, `mid + mlp(ln2 mid)`;
   * - `parallel`: `x + attn(ln1 x) + mlp(ln2 x)`, where without an `ln2` the MLP reads what attention reads;
   * - `post`: `mid = ln1(x + attn x)`, `ln2(mid + mlp mid)`.
   */
  readonly order: "sequential" | "parallel" | "post";
  /** Which norms there are; `ln1_post` and `ln2_post` stand behind attention and MLP. */
  readonly norms: readonly ("ln1" | "ln2" | "ln1_post" | "ln2_post")[];
  /** Whether the residual stream goes on from the norms' outputs. */
  readonly isResidualNormed?: boolean | undefined;
  /** What both branches are multiplied by before they are added. */
  readonly residualScale?: number | undefined;
}

/** What turns tokens into the residual stream. */
export interface EmbedConfig {
  /** Width of the embedding; `dModel` unless there is a projection. */
  readonly dEmbed: number;
  /** What embeddings are multiplied by. */
  readonly scale?: number | undefined;
  /** Learned positions: rows of the table, and what is added to a position to find its row. */
  readonly positions?: { readonly rows: number; readonly offset: number } | undefined;
  /** Positions are counted from token ids that are not this one (RoBERTa). */
  readonly countsFrom?: number | undefined;
  /** How many types of tokens there are. */
  readonly types?: number | undefined;
  readonly norm?: NormConfig | undefined;
  /** Whether `hook_embed` sees all that was added, normalised. */
  readonly isHookedAtEnd?: boolean | undefined;
  /** A linear map from `dEmbed` to `dModel`: before positions are added, or after the norm. */
  readonly projection?: "before positions" | "after norm" | undefined;
}

/** What turns the residual stream into logits. */
export interface HeadConfig {
  /** Whether there is none: a run gives what the last layer gives. */
  readonly isAbsent?: boolean | undefined;
  /** The last norm, if there is one. */
  readonly norm?: NormConfig | undefined;
  /** Whether a linear map to `dEmbed` stands before the unembedding. */
  readonly isProjected?: boolean | undefined;
  /** The head of masked language models: a linear map, an activation, a norm. */
  readonly mlm?: { readonly activation: ActivationName; readonly norm: NormConfig } | undefined;
  /** Whether the unembedding has a bias. */
  readonly hasBias?: boolean | undefined;
  /** What the unembedding's input is multiplied by. */
  readonly inputScale?: number | undefined;
  /** What logits are multiplied by. */
  readonly scale?: number | undefined;
  /** Logits become `cap tanh(logits / cap)`. */
  readonly cap?: number | undefined;
}

/** A transformer, whatever its family: all that its parts need to know. Plain data. */
export interface TransformerConfig {
  readonly modelType: string;
  readonly dModel: number;
  readonly dVocab: number;
  /** Longest sequence; absent where positions have no end. */
  readonly nPositions: number | undefined;
  readonly isCausal: boolean;
  readonly embed: EmbedConfig;
  readonly blocks: readonly BlockConfig[];
  readonly head: HeadConfig;
  /** Whether the unembedding is the transposed embedding where the file has none of its own. */
  readonly isTied: boolean;
  /** Where layers share their weights: in how many groups, of how many layers each that do not share. */
  readonly sharing?: { readonly groups: number; readonly innerLayers: number };
  readonly bosTokenId: number | undefined;
  readonly padTokenId: number | undefined;
}

/** An encoder and a decoder; parts are those of a {@link TransformerConfig}. */
export interface EncoderDecoderConfig extends Omit<TransformerConfig, "blocks" | "isCausal" | "sharing"> {
  readonly encoder: readonly BlockConfig[];
  readonly decoder: readonly BlockConfig[];
}

/** A vision transformer with a head for classes. */
export interface ImageClassifierConfig {
  readonly modelType: string;
  readonly dModel: number;
  readonly classes: number;
  readonly imageSize: number;
  /** Width and height of a patch. */
  readonly patch: number;
  readonly channels: number;
  readonly norm: NormConfig;
  readonly blocks: readonly BlockConfig[];
}

/** A selective state space model. */
export interface StateSpaceConfig {
  readonly modelType: string;
  readonly dModel: number;
  /** Width within a layer. */
  readonly dInner: number;
  readonly dState: number;
  /** Rank of the step's projection. */
  readonly dStep: number;
  /** Length of the convolution. */
  readonly kernel: number;
  readonly dVocab: number;
  readonly nLayers: number;
  readonly activation: ActivationName;
  readonly hasBias: boolean;
  readonly hasConvolutionBias: boolean;
  readonly norm: NormConfig;
  readonly isTied: boolean;
  readonly bosTokenId: number | undefined;
  readonly padTokenId: number | undefined;
}
