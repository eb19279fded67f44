import type { ActivationName } from "../ops/activations.ts";

/** A norm's kind and options. */
export interface NormConfig {
  /** `layer` takes the mean off first, `rms` does not. */
  readonly kind: "layer" | "rms";
  readonly epsilon: number;
  readonly hasGain: boolean;
  readonly hasBias: boolean;
  /** The gain is 1 + weight. */
  readonly isGainPlusOne?: boolean;
}

/** How frequencies of a rotation are scaled for long texts. */
export type RotationScaling =
  | { readonly type: "none" }
  | { readonly type: "linear"; readonly factor: number }
  | { readonly type: "dynamic"; readonly factor: number; readonly original: number }
  | {
      readonly type: "llama3";
      readonly factor: number;
      readonly low: number;
      readonly high: number;
      readonly original: number;
    }
  | {
      readonly type: "yarn";
      readonly factor: number;
      readonly original: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly isTruncated: boolean;
      readonly attention: number;
    }
  | {
      readonly type: "longrope";
      readonly original: number;
      readonly short: readonly number[];
      readonly long: readonly number[];
      readonly attention: number;
    };

/** Rotary position embedding. */
export interface RotationConfig {
  readonly base: number;
  /** How many of a head's dimensions rotate. */
  readonly dims: number;
  /** Pairs `(2i, 2i + 1)` rather than `(i, i + dims / 2)`. */
  readonly isAdjacent: boolean;
  readonly scaling: RotationScaling;
}

/** Linear biases on distance. */
export interface AlibiConfig {
  readonly slopes: readonly number[];
  /** Distances count from the query, from the last position, or from the first one. */
  readonly from: "query" | "last" | "first";
  /** Slopes and their products are rounded to bfloat16. */
  readonly isRounded?: boolean;
  /** What the biases are multiplied by. */
  readonly scale?: number;
}

/** A norm on queries and keys. */
export interface QueryKeyNormConfig {
  /** One gain for each head's dimensions, one of each head's own, or one norm over the whole projection. */
  readonly over: "head" | "each-head" | "projection";
  readonly norm: NormConfig;
}

/** Experts in place of an MLP. */
export interface ExpertsConfig {
  readonly count: number;
  readonly chosen: number;
  /** Softmax over all experts, then the choice; renormalised or not; or softmax over the chosen. */
  readonly weights: "all" | "renormalised" | "chosen";
  readonly hasRouterBias: boolean;
  /** gpt-oss: `(up + 1) gate sigmoid(alpha gate)` with clamped gate and up. */
  readonly clamped?: { readonly alpha: number; readonly limit: number };
}

/** One layer. */
export interface LayerConfig {
  /** How many tokens a query sees, itself included; `undefined` for all. */
  readonly window: number | undefined;
  readonly rotation: RotationConfig | undefined;
  /** What scores are multiplied by. */
  readonly scale: number;
  readonly dMlp: number;
  readonly experts: ExpertsConfig | undefined;
  /** Which layer's weights are used: another's where layers share. */
  readonly weights: number;
}

/** Where norms stand in a block. */
export interface BlockConfig {
  /**
   * `sequential`: attention, then MLP, each on a norm of the residual stream. `parallel`: both read the same stream.
   * `post`: norms follow each addition.
   */
  readonly order: "sequential" | "parallel" | "post";
  /** Before attention. */
  readonly ln1: boolean;
  /** Before the MLP; in a parallel block that lacks it, the MLP reads what attention reads. */
  readonly ln2: boolean;
  /** After attention and MLP, before the addition. */
  readonly postNorms: boolean;
  /** The second norm is the first one's, over again. */
  readonly isOneNorm?: boolean;
  /** The residual stream goes on from the normalised input. */
  readonly isResidualNormalised?: boolean;
  /** What attention's and the MLP's outputs are multiplied by, before `hook_attn_out` and `hook_mlp_out`. */
  readonly branchScale: number;
}

/** Options of attention that all layers share. */
export interface AttentionConfig {
  readonly biases: { readonly q: boolean; readonly k: boolean; readonly v: boolean; readonly o: boolean };
  /** Queries, keys and values are clamped to plus or minus this. */
  readonly clip?: number | undefined;
  /** Scores become `cap tanh(scores / cap)` before the mask. */
  readonly cap?: number | undefined;
  readonly queryKeyNorm?: QueryKeyNormConfig | undefined;
  /** One more logit per head joins the softmax and is dropped. */
  readonly hasSinks?: boolean;
  readonly alibi?: AlibiConfig | undefined;
  /** Learned biases by bucket of the distance (T5). */
  readonly buckets?: { readonly count: number; readonly maxDistance: number } | undefined;
}

/** How tokens become vectors. */
export interface EmbedConfig {
  /** Width of the embedding matrix where it is not the model's, with a projection after it. */
  readonly width: number;
  readonly projection?: { readonly hasBias: boolean } | undefined;
  readonly scale: number;
  /** Rows of the table of learned positions, and how many come before position 0. */
  readonly positions?: { readonly count: number; readonly offset: number; readonly fromIds?: number } | undefined;
  readonly tokenTypes: number;
  readonly norm?: NormConfig | undefined;
  /** Points stand under `embed`, as in TransformerLens's encoders, rather than on top. */
  readonly isEncoder: boolean;
}

/** From the residual stream to logits. */
export interface HeadConfig {
  readonly norm?: NormConfig | undefined;
  /** A projection to another width before the unembedding. */
  readonly projection?: { readonly width: number } | undefined;
  /** Dense layer, activation and norm before the unembedding (masked language models). */
  readonly transform?:
    | { readonly width: number; readonly activation: ActivationName; readonly norm: NormConfig }
    | undefined;
  readonly isTied: boolean;
  readonly hasBias: boolean;
  /** The residual stream is multiplied by it before the unembedding, logits after it. */
  readonly inputScale?: number;
  readonly scale: number;
  readonly cap?: number | undefined;
}

/** A vision model's patches. */
export interface PatchConfig {
  readonly image: number;
  readonly patch: number;
  readonly channels: number;
  readonly classes: number;
}

/** A recurrent mixer in place of attention and MLP. */
export interface MambaConfig {
  readonly dInner: number;
  readonly dState: number;
  readonly dConv: number;
  readonly rank: number;
  readonly hasBias: boolean;
  readonly hasConvBias: boolean;
  readonly activation: ActivationName;
}

/** A stack of blocks. */
export interface StackConfig {
  readonly layers: readonly LayerConfig[];
  readonly isCausal: boolean;
  readonly block: BlockConfig;
  readonly attention: AttentionConfig;
  readonly mlp: {
    readonly isGated: boolean;
    readonly activation: ActivationName;
    readonly hasBiasIn: boolean;
    readonly hasBiasOut: boolean;
  };
  readonly norm: NormConfig;
  readonly hasCross: boolean;
}

/** A whole model, whatever its family: what the parts need to know. */
export interface TransformerConfig extends StackConfig {
  readonly modelType: string;
  readonly kind: "decoder" | "encoder" | "encoder-decoder" | "vision" | "recurrent";
  readonly dModel: number;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly nKeyHeads: number;
  readonly dHead: number;
  readonly dVocab: number;
  /** Longest sequence, where there is a limit. */
  readonly nPositions: number | undefined;
  readonly embed: EmbedConfig;
  readonly head: HeadConfig;
  readonly patches?: PatchConfig;
  readonly mamba?: MambaConfig;
  /** The encoder of an encoder-decoder; the stack itself is the decoder. */
  readonly encoder?: StackConfig & { readonly finalNorm: boolean };
  readonly bosTokenId: number | undefined;
  readonly padTokenId?: number | undefined;
  readonly decoderStartTokenId?: number | undefined;
}
