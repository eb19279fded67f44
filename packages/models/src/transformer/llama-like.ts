import type {
  AttentionConfig,
  BlockConfig,
  EmbedConfig,
  HeadConfig,
  MlpConfig,
  NormConfig,
  RotaryConfig,
  TransformerConfig,
} from "./config.ts";
import type { Fields } from "./fields.ts";
import { readRotary, type RotaryDefaults } from "./read-rotary.ts";
import { linearSpecs, normSpecs, plain, type TensorSpec } from "./specs.ts";

// The many families that name their config's fields and their tensors as Llama does, and differ in some of the parts.

/** What a family of this kind has of its own; everything else is Llama's. */
export interface LlamaLike {
  readonly epsilon?: number;
  readonly norm?: (epsilon: number) => NormConfig;
  readonly epsilonField?: string;
  readonly activationFields?: readonly string[];
  readonly rotary?: Partial<RotaryDefaults>;
  readonly isTied?: boolean;
  readonly order?: BlockConfig["order"];
  readonly norms?: BlockConfig["norms"];
  readonly attention?: Partial<AttentionConfig>;
  readonly mlp?: Partial<MlpConfig>;
  readonly embed?: Partial<EmbedConfig>;
  readonly head?: Partial<HeadConfig>;
  readonly residualScale?: number;
  /** What differs from layer to layer. */
  readonly layer?: (
    index: number,
    attention: AttentionConfig,
    mlp: MlpConfig,
  ) => Partial<Pick<BlockConfig, "attention" | "mlp">>;
}

/** The sizes that such a config names. */
export interface LlamaSizes {
  readonly nLayers: number;
  readonly dModel: number;
  readonly nHeads: number;
  readonly nKeyHeads: number;
  readonly dHead: number;
  readonly nPositions: number;
}

/** @throws FormatError `CONFIG_FIELD` */
export function llamaSizes(fields: Fields): LlamaSizes {
  const dModel = fields.width("hidden_size");
  const nHeads = fields.count("num_attention_heads");
  const keyHeads = fields.count("num_key_value_heads", nHeads);
  // What Hugging Face's class has fails for few heads; those that do not say otherwise have their own keys.
  const isOwn = !fields.says("num_key_value_heads") && nHeads % keyHeads !== 0;
  const nKeyHeads = isOwn ? nHeads : keyHeads;
  fields.divides("num_key_value_heads", nKeyHeads, nHeads, "num_attention_heads");
  if (!fields.has("head_dim")) fields.divides("num_attention_heads", nHeads, dModel, "hidden_size");
  return {
    dModel,
    nHeads,
    nKeyHeads,
    nLayers: fields.count("num_hidden_layers"),
    dHead: fields.width("head_dim", Math.floor(dModel / nHeads)),
    nPositions: fields.size("max_position_embeddings", 2048),
  };
}

/** The rotary embedding of such a config. */
export function llamaRotary(
  fields: Fields,
  sizes: LlamaSizes,
  own: Partial<RotaryDefaults> = {},
): RotaryConfig {
  return readRotary(fields, { dHead: sizes.dHead, maxPositions: sizes.nPositions, ...own });
}

/** The window of each layer, from `layer_types` where the config has them. @param isOff Whether no layer may slide. */
export function windowsOf(
  fields: Fields,
  nLayers: number,
  slides: (layer: number) => boolean,
  isOff = false,
): readonly (number | undefined)[] {
  const size = isOff ? undefined : windowOf(fields);
  const types = fields.words("layer_types", nLayers);
  if (types === undefined) return Array.from({ length: nLayers }, (_, i) => (slides(i) ? size : undefined));
  return types.slice(0, nLayers).map((type) => {
    if (type === "full_attention") return undefined;
    const want =
      "a list of words that are each full_attention or, where the config has a window, sliding_attention";
    return type === "sliding_attention" && size !== undefined ? size : fields.refuse("layer_types", want);
  });
}

/** The window of a config, where it has one. */
export function windowOf(fields: Fields): number | undefined {
  return fields.has("sliding_window") ? fields.size("sliding_window") : undefined;
}

/** A config of this kind. @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED` */
export function llamaConfig(fields: Fields, own: LlamaLike = {}): TransformerConfig {
  const sizes = llamaSizes(fields);
  const { dModel, nLayers, nHeads, nKeyHeads, dHead, nPositions } = sizes;
  const epsilon = fields.number(own.epsilonField ?? "rms_norm_eps", own.epsilon ?? 1e-6);
  const norm: NormConfig = own.norm?.(epsilon) ?? { kind: "rms", epsilon };
  const attention: AttentionConfig = {
    nHeads,
    nKeyHeads,
    dHead,
    scale: 1 / Math.sqrt(dHead),
    isCausal: true,
    rotary: llamaRotary(fields, sizes, own.rotary),
    hasQkvBias: false,
    hasOutBias: false,
    ...own.attention,
  };
  const mlp: MlpConfig = {
    dMlp: fields.width("intermediate_size"),
    activation: fields.activation(own.activationFields ?? ["hidden_act"], "silu"),
    isGated: true,
    hasBias: false,
    ...own.mlp,
  };
  const { order = "sequential", norms = ["ln1", "ln2"], residualScale, layer } = own;
  return {
    modelType: String(fields.raw("model_type")),
    dModel,
    dVocab: fields.size("vocab_size"),
    // Dynamic scaling is for texts beyond the stated length.
    nPositions: attention.rotary?.scaling.kind === "dynamic" ? undefined : nPositions,
    isCausal: true,
    embed: { dEmbed: dModel, ...own.embed },
    blocks: Array.from({ length: nLayers }, (_, i) => ({
      attention,
      mlp,
      norm,
      order,
      norms,
      residualScale,
      ...layer?.(i, attention, mlp),
    })),
    head: { norm, ...own.head },
    isTied: fields.flag("tie_word_embeddings", own.isTied ?? false),
    bosTokenId: fields.token("bos_token_id"),
    padTokenId: fields.token("pad_token_id"),
  };
}

/** Names of tensors where a family differs from Llama. */
export interface LlamaNames {
  readonly norms?: Readonly<Partial<Record<BlockConfig["norms"][number], string>>>;
  readonly finalNorm?: string;
  readonly out?: string;
  readonly qNorm?: string;
  readonly kNorm?: string;
  readonly mlp?: { readonly gate?: string; readonly in: string; readonly out: string };
  /** The tensors of attention's inputs or of the MLP, where they lie otherwise. */
  readonly qkv?: (path: string, parameter: string, config: AttentionConfig, dModel: number) => TensorSpec[];
  readonly mlpSpecs?: (path: string, parameter: string, config: MlpConfig, dModel: number) => TensorSpec[];
}

/** The tensors of a checkpoint of this kind. */
export function llamaTensors(config: TransformerConfig, names: LlamaNames = {}): TensorSpec[] {
  const { dModel, dVocab, head, isTied } = config;
  const matrixOf = (name: string, parameter: string): TensorSpec => ({
    ...plain(name, [dVocab, dModel], parameter),
    isOptional: isTied,
  });
  return [
    matrixOf("model.embed_tokens.weight", "embed.weight"),
    ...config.blocks.flatMap((block, i) =>
      blockSpecs(`model.layers.${i}`, `blocks.${i}`, block, dModel, names),
    ),
    ...(head.norm === undefined
      ? []
      : normSpecs(names.finalNorm ?? "model.norm", dModel, "ln_final", head.norm)),
    matrixOf("lm_head.weight", "unembed.weight"),
    ...(head.hasBias === true ? [plain("lm_head.bias", [dVocab], "unembed.bias")] : []),
  ];
}

const NORMS = {
  ln1: "input_layernorm",
  ln2: "post_attention_layernorm",
  ln1_post: "post_attention_layernorm",
  ln2_post: "post_feedforward_layernorm",
} as const;

function blockSpecs(
  path: string,
  parameter: string,
  block: BlockConfig,
  dModel: number,
  names: LlamaNames,
): TensorSpec[] {
  const attn = `${path}.self_attn`;
  const { nHeads, dHead, hasOutBias } = block.attention;
  const qkv = names.qkv ?? qkvSpecs;
  const mlp = names.mlpSpecs ?? mlpSpecs;
  return [
    ...block.norms.flatMap((norm) =>
      normSpecs(`${path}.${names.norms?.[norm] ?? NORMS[norm]}`, dModel, `${parameter}.${norm}`, block.norm),
    ),
    ...qkv(attn, `${parameter}.attn`, block.attention, dModel),
    ...qkNormSpecs(attn, `${parameter}.attn`, block.attention, names),
    ...linearSpecs(
      `${attn}.${names.out ?? "o_proj"}`,
      dModel,
      nHeads * dHead,
      `${parameter}.attn.o`,
      hasOutBias,
    ),
    ...(block.attention.hasSinks === true
      ? [plain(`${attn}.sinks`, [nHeads], `${parameter}.attn.sinks`)]
      : []),
    ...mlp(path, `${parameter}.mlp`, block.mlp, dModel, names),
  ];
}

function qkvSpecs(path: string, parameter: string, config: AttentionConfig, dModel: number): TensorSpec[] {
  const { nHeads, nKeyHeads, dHead, hasQkvBias } = config;
  return [
    ...linearSpecs(`${path}.q_proj`, nHeads * dHead, dModel, `${parameter}.q`, hasQkvBias),
    ...linearSpecs(`${path}.k_proj`, nKeyHeads * dHead, dModel, `${parameter}.k`, hasQkvBias),
    ...linearSpecs(`${path}.v_proj`, nKeyHeads * dHead, dModel, `${parameter}.v`, hasQkvBias),
  ];
}

function qkNormSpecs(
  path: string,
  parameter: string,
  { qkNorm, nHeads, nKeyHeads, dHead }: AttentionConfig,
  { qNorm = "q_norm", kNorm = "k_norm" }: LlamaNames,
): TensorSpec[] {
  if (qkNorm === undefined || qkNorm.isPlain === true) return [];
  const shape = (heads: number): readonly number[] => {
    if (qkNorm.over === "head") return [dHead];
    return qkNorm.over === "all" ? [heads * dHead] : [heads, dHead];
  };
  return [
    ...normSpecs(`${path}.${qNorm}`, shape(nHeads), `${parameter}.q_norm`, qkNorm),
    ...normSpecs(`${path}.${kNorm}`, shape(nKeyHeads), `${parameter}.k_norm`, qkNorm),
  ];
}

function mlpSpecs(
  path: string,
  parameter: string,
  { dMlp, hasBias, isGated }: MlpConfig,
  dModel: number,
  names: LlamaNames = {},
): TensorSpec[] {
  const { gate = "mlp.gate_proj", in: input, out } = names.mlp ?? { in: "mlp.up_proj", out: "mlp.down_proj" };
  return [
    ...(isGated ? linearSpecs(`${path}.${gate}`, dMlp, dModel, `${parameter}.gate`, hasBias) : []),
    ...linearSpecs(`${path}.${input}`, dMlp, dModel, `${parameter}.in`, hasBias),
    ...linearSpecs(`${path}.${out}`, dModel, dMlp, `${parameter}.out`, hasBias),
  ];
}
