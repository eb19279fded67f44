import { configField, configUnsupported } from "../errors.ts";
import { ACTIVATIONS, type ActivationName } from "../ops/activations.ts";

/** Shape and options of a GPT-2 model. */
export interface GPT2Config {
  readonly nLayers: number;
  readonly nHeads: number;
  readonly dModel: number;
  /** Width of one head: `dModel / nHeads`. */
  readonly dHead: number;
  /** Width of the hidden layer of the MLPs. */
  readonly dMlp: number;
  readonly dVocab: number;
  /** Longest sequence. */
  readonly nPositions: number;
  /** Added to the variance in layer norms. */
  readonly epsilon: number;
  readonly activation: ActivationName;
  /** Whether attention scores are divided by `sqrt(dHead)`. */
  readonly scaleAttention: boolean;
  /** Whether attention scores of layer i are divided by `i + 1` as well. */
  readonly scaleAttentionByLayer: boolean;
  /** Whether the unembedding is the transposed embedding. */
  readonly tiedEmbeddings: boolean;
  /** Standard deviation of random weights. */
  readonly initializerRange: number;
  readonly bosTokenId: number | undefined;
}

/** Sizes that have no default; the others of {@link GPT2Config} are GPT-2's. */
export type GPT2Sizes = Pick<GPT2Config, "nLayers" | "nHeads" | "dModel" | "dVocab" | "nPositions">;

/** What of {@link GPT2Config} may differ from GPT-2's own; the width of a head follows from the others. */
export type GPT2Choices = Partial<Omit<GPT2Config, "dHead">>;

/**
 * A full config from its sizes and whatever else differs from GPT-2's own.
 *
 * @throws FormatError `CONFIG_FIELD` for a size that is no positive integer, or heads that do not divide the width.
 *
 * @example
 * gpt2Config({ nLayers: 12, nHeads: 12, dModel: 768, dVocab: 50257, nPositions: 1024 }).dMlp; // => 3072
 */
export function gpt2Config(given: GPT2Sizes & GPT2Choices): GPT2Config {
  return makeConfig(given, "config", (field) => field);
}

/** What a field of {@link GPT2Config} is called where it comes from. */
type FieldName = (field: keyof typeof FIELDS) => string;

function makeConfig(given: GPT2Sizes & GPT2Choices, file: string, nameOf: FieldName): GPT2Config {
  const config: GPT2Config = {
    dMlp: 4 * given.dModel,
    epsilon: 1e-5,
    activation: "gelu_new",
    scaleAttention: true,
    scaleAttentionByLayer: false,
    tiedEmbeddings: true,
    initializerRange: 0.02,
    bosTokenId: undefined,
    ...given,
    dHead: given.dModel / given.nHeads,
  };
  checkSizes(config, file, nameOf);
  return Object.freeze(config);
}

/**
 * Reads a Hugging Face config.json of the GPT-2 family.
 *
 * @param file Name for messages.
 * @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`.
 */
export function parseGPT2Config(json: unknown, file: string): GPT2Config {
  if (typeof json !== "object" || json === null)
    throw configField(file, "(the whole file)", "an object", json);
  const read = new FieldReader(json as Readonly<Record<string, unknown>>, file); // JSON objects have string keys
  read.oneOf("model_type", ["gpt2"]);
  read.oneOf("add_cross_attention", [false, undefined]);
  const dModel = read.size("n_embd");
  return makeConfig(
    {
      nLayers: read.size("n_layer"),
      nHeads: read.size("n_head"),
      dModel,
      dVocab: read.size("vocab_size"),
      nPositions: read.size("n_positions"),
      dMlp: read.absent("n_inner") ? 4 * dModel : read.size("n_inner"),
      epsilon: read.number("layer_norm_epsilon", 1e-5),
      activation: read.activation("activation_function", "gelu_new"),
      scaleAttention: read.flag("scale_attn_weights", true),
      scaleAttentionByLayer: read.flag("scale_attn_by_inverse_layer_idx", false),
      tiedEmbeddings: read.flag("tie_word_embeddings", true),
      initializerRange: read.number("initializer_range", 0.02),
      bosTokenId: read.absent("bos_token_id") ? undefined : read.index("bos_token_id"),
    },
    file,
    (field) => FIELDS[field],
  );
}

/** Fields that are checked together with others, by their name in config.json. */
const FIELDS = {
  nLayers: "n_layer",
  nHeads: "n_head",
  dModel: "n_embd",
  dMlp: "n_inner",
  dVocab: "vocab_size",
  nPositions: "n_positions",
  bosTokenId: "bos_token_id",
} as const;

// The keys of a record that is declared with exactly these keys.
const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

/** Reads fields of a JSON object, each of the kind that is asked for. */
class FieldReader {
  readonly #json: Readonly<Record<string, unknown>>;
  readonly #file: string;

  constructor(json: Readonly<Record<string, unknown>>, file: string) {
    this.#json = json;
    this.#file = file;
  }

  absent(field: string): boolean {
    return (this.#json[field] ?? undefined) === undefined;
  }

  size(field: string): number {
    const value = this.#json[field];
    if (isInteger(value) && value > 0) return value;
    throw configField(this.#file, field, "a positive integer", value);
  }

  index(field: string): number {
    const value = this.#json[field];
    if (isInteger(value) && value >= 0) return value;
    throw configField(this.#file, field, "a token id", value);
  }

  number(field: string, fallback: number): number {
    const value = this.absent(field) ? fallback : this.#json[field];
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    throw configField(this.#file, field, "a positive number", value);
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.absent(field) ? fallback : this.#json[field];
    if (typeof value === "boolean") return value;
    throw configField(this.#file, field, "true or false", value);
  }

  /** `null` is no activation: the model would be none. */
  activation(field: string, fallback: ActivationName): ActivationName {
    if (this.#json[field] === null) throw configUnsupported(this.#file, field, null, ACTIVATION_NAMES);
    return this.oneOf(field, ACTIVATION_NAMES, fallback);
  }

  oneOf<T>(field: string, known: readonly T[], fallback?: T): T {
    const value = this.absent(field) ? fallback : this.#json[field];
    const found = known.find((candidate) => candidate === value);
    if (known.some((candidate) => candidate === value)) return found as T; // found, and possibly undefined itself
    throw configUnsupported(
      this.#file,
      field,
      value,
      known.filter((candidate) => candidate !== undefined),
    );
  }
}

function checkSizes(config: GPT2Config, file: string, nameOf: FieldName): void {
  for (const field of ["nLayers", "nHeads", "dModel", "dMlp", "dVocab", "nPositions"] as const) {
    const value = config[field];
    if (!isInteger(value) || value <= 0) throw configField(file, nameOf(field), "a positive integer", value);
  }
  const { nHeads, dModel, bosTokenId: bos, dVocab, activation } = config;
  for (const field of ["epsilon", "initializerRange"] as const) {
    const value: unknown = config[field];
    if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
      throw configField(file, field, "a positive number", value);
  }
  for (const field of ["scaleAttention", "scaleAttentionByLayer", "tiedEmbeddings"] as const) {
    const value: unknown = config[field];
    if (typeof value !== "boolean") throw configField(file, field, "true or false", value);
  }
  if (!ACTIVATION_NAMES.includes(activation))
    throw configUnsupported(file, "activation", activation, ACTIVATION_NAMES);
  if (dModel % nHeads !== 0) {
    throw configField(
      file,
      nameOf("nHeads"),
      `a divisor of "${nameOf("dModel")}", which is ${dModel}`,
      nHeads,
    );
  }
  if (bos !== undefined && (!isInteger(bos) || bos < 0 || bos >= dVocab)) {
    throw configField(file, nameOf("bosTokenId"), `a token id below ${dVocab}`, bos);
  }
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
