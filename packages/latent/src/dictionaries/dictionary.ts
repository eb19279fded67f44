import { checkArgument, argumentInvalid, isTensor, showAsText } from "@hookdict/tensordict";
import {
  add,
  div,
  gather,
  keep,
  matMul,
  mul,
  norm,
  reshape,
  sub,
  type Tensor,
  tensor1d,
  tidy,
  transpose,
} from "@tensorflow/tfjs-core";
import { type CheckedConfig, checkConfig, checkFeatures, checkWeights } from "./check.ts";
import type { DictionaryConfig, DictionaryWeights } from "./config.ts";
import { dictionaryDisposed, inputNeeded, widthDiffers } from "./errors.ts";

/** Marks dictionaries, whatever copy of this package they come from. */
const DICTIONARY = Symbol.for("@hookdict/sparse-dictionary");

export function isDictionary(value: unknown): value is SparseDictionary {
  return typeof value === "object" && value !== null && DICTIONARY in value;
}

/** Refuses what is no dictionary, for what plain JavaScript may give. @throws UsageError `ARGUMENT_INVALID` */
export function needDictionary(owner: string, value: unknown): void {
  if (!isDictionary(value)) throw argumentInvalid(owner, "dictionary", value, "a SparseDictionary");
}

/**
 * A sparse dictionary: features that few of are in any one value, and what each of them writes. An autoencoder reconstructs the value
 * that it reads; a transcoder what another site makes of it (Cunningham et al., arXiv 2309.08600; Dunefsky et al., arXiv 2406.11944).
 *
 * `features = activation((x - bDec) wEnc + bEnc)`, `reconstruction = features wDec + bDec + x wSkip`.
 *
 * **Ownership:** owns its weights until it is disposed.
 *
 * @example
 * const wEnc = tensor2d([[1, -1], [0, 0]]);
 * const wDec = tensor2d([[1, 0], [-1, 0]]);
 * using dictionary = new SparseDictionary(
 *   { activation: "relu", dIn: 2, dSae: 2 },
 *   { wEnc, wDec, bEnc: tensor1d([0, 0]), bDec: tensor1d([0, 5]) },
 * );
 * const x = tensor2d([[3, 5]]);
 * dictionary.encode(x).arraySync(); // => [[3, 0]]
 * dictionary.reconstruct(x).arraySync(); // => [[3, 5]]
 */
export class SparseDictionary {
  static {
    Object.defineProperty(SparseDictionary.prototype, DICTIONARY, { value: true });
    showAsText(this);
  }

  readonly config: CheckedConfig["config"];
  readonly #checked: CheckedConfig;
  readonly #weights: DictionaryWeights<Tensor>;
  #decoderNorms: Tensor | undefined;
  #isDisposed = false;

  /**
   * **Ownership:** takes the weights.
   *
   * @throws UsageError `OPTION_UNKNOWN`, `OPTION_INVALID`, `OPTIONS_INVALID`; FormatError `DICTIONARY_WEIGHTS_MISSING`; ShapeError
   * `DICTIONARY_WEIGHT_SHAPE`: the weights are the caller's still, then
   */
  constructor(config: DictionaryConfig, weights: DictionaryWeights<Tensor>) {
    this.#checked = checkConfig("SparseDictionary", config);
    checkWeights("SparseDictionary", this.#checked, weights);
    for (const [name, weight] of Object.entries(weights))
      checkArgument("SparseDictionary", name, weight, "a tensor of numbers");
    this.config = this.#checked.config;
    for (const weight of Object.values(weights)) keep(weight);
    this.#weights = Object.freeze({ ...weights });
  }

  /** The weights, *borrowed*. @throws LifetimeError `DICTIONARY_DISPOSED` */
  get weights(): DictionaryWeights<Tensor> {
    this.#assertLive("weights");
    return this.#weights;
  }

  /** Whether what it reconstructs is at another site than what it reads. */
  get isTranscoder(): boolean {
    const { site, outputSite } = this.config;
    return outputSite !== undefined && outputSite !== site;
  }

  /** The length of what each feature writes, `[dSae]`. **Ownership:** *borrowed*. */
  get decoderNorms(): Tensor {
    this.#assertLive("decoderNorms");
    return (this.#decoderNorms ??= keep(tidy(() => norm(this.#weight("wDec"), "euclidean", 1))));
  }

  /** Whether values of such a shape are what it reads. */
  reads(value: { readonly shape: readonly number[] }): boolean {
    const { shape } = Object(value) as { readonly shape: unknown }; // plain JavaScript gives anything
    return Array.isArray(shape) && this.#own(shape as readonly number[]) !== undefined;
  }

  /**
   * Features `[..., dSae]` of values `[..., dIn]`, float32. **Ownership:** borrows `x`, returns owned.
   *
   * @throws ShapeError `DICTIONARY_WIDTH`; LifetimeError `DICTIONARY_DISPOSED`
   */
  encode(x: Tensor): Tensor {
    return tidy(() => this.activate(this.preactivations(x)));
  }

  /**
   * What the activation is given, `[..., dSae]`: `(x - bDec) wEnc` and a bias. **Ownership:** borrows `x`, returns owned.
   *
   * @throws like `encode`
   */
  preactivations(x: Tensor): Tensor {
    this.#assertLive("preactivations");
    const { lead } = this.#layout(x);
    return tidy(() => {
      const { centresInput, rescalesByDecoderNorm, dIn, dSae } = this.config;
      const rows = this.#checked.normalization.before(reshape(x, [-1, dIn]));
      const centred = centresInput ? sub(rows, this.#weight("bDec")) : rows;
      const found = add(matMul(centred, this.#weight("wEnc")), this.#weight(this.#checked.activation.bias));
      return reshape(rescalesByDecoderNorm ? mul(found, this.decoderNorms) : found, [...lead, dSae]);
    });
  }

  /** Features of preactivations, `[..., dSae]` both. **Ownership:** borrows, returns owned. @throws like `encode` */
  activate(preactivations: Tensor): Tensor {
    this.#assertLive("activate");
    const lead = this.#featureLead(preactivations);
    return tidy(() => {
      const { dSae, k = 0 } = this.config;
      const found = this.#checked.activation.activate(reshape(preactivations, [-1, dSae]), this.#weights, k);
      return reshape(found, [...lead, dSae]);
    });
  }

  /**
   * What features `[..., dSae]` write, `[..., dOut]`. **Ownership:** borrows, returns owned.
   *
   * @param x What they were encoded from, `[..., dIn]`: needed where rows are normalized and where there is a skip connection; otherwise
   * it tells whether heads are apart.
   * @throws ShapeError `DICTIONARY_WIDTH`; UsageError `DICTIONARY_INPUT`; LifetimeError `DICTIONARY_DISPOSED`
   */
  decode(features: Tensor, x?: Tensor): Tensor {
    this.#assertLive("decode");
    const lead = this.#featureLead(features);
    if (x === undefined) this.#refuseWithoutInput();
    const shape = x === undefined ? undefined : this.#outputShape(x);
    return tidy(() => {
      const { dIn, dOut, dSae, rescalesByDecoderNorm } = this.config;
      const rows = reshape(features, [-1, dSae]);
      const scaled = rescalesByDecoderNorm ? div(rows, this.decoderNorms) : rows;
      const written = add(matMul(scaled, this.#weight("wDec")), this.#weight("bDec"));
      if (x === undefined) return reshape(written, [...lead, dOut]);
      const inputs = reshape(x, [-1, dIn]);
      const whole = this.#checked.normalization.after(written, inputs);
      const { wSkip } = this.#weights;
      return reshape(
        wSkip === undefined ? whole : add(whole, matMul(inputs, wSkip)),
        shape ?? [...lead, dOut],
      );
    });
  }

  /** `decode(encode(x), x)`, `[..., dOut]`. **Ownership:** borrows `x`, returns owned. @throws like `encode` */
  reconstruct(x: Tensor): Tensor {
    return tidy(() => this.decode(this.encode(x), x));
  }

  /**
   * How features that are there grow with the input, `[n, dIn]`: the gradient of each with respect to it, where the choice of features stands
   * still. **Ownership:** returns owned.
   *
   * @param features Their numbers.
   * @throws UsageError `DICTIONARY_INPUT` where rows are normalized; LifetimeError `DICTIONARY_DISPOSED`
   */
  reading(features: readonly number[]): Tensor {
    this.#assertLive("reading");
    checkFeatures("SparseDictionary.reading", features, this.config.dSae);
    if (this.config.normalization !== "none") throw inputNeeded("normalizes rows");
    return tidy(() => {
      const at = tensor1d([...features], "int32");
      const rows = transpose(gather(this.#weight("wEnc"), at, 1));
      const slope = this.#checked.activation.slope?.(this.#weights);
      const factors = [slope, this.config.rescalesByDecoderNorm ? this.decoderNorms : undefined];
      return factors.reduce<Tensor>(
        (scaled, factor) =>
          factor === undefined ? scaled : mul(scaled, reshape(gather(factor, at), [-1, 1])),
        rows,
      );
    });
  }

  /** What features write for each unit of them, `[n, dOut]`. **Ownership:** returns owned. @throws like `reading` */
  writing(features: readonly number[]): Tensor {
    this.#assertLive("writing");
    checkFeatures("SparseDictionary.writing", features, this.config.dSae);
    if (this.config.normalization !== "none") throw inputNeeded("normalizes rows");
    return tidy(() => {
      const at = tensor1d([...features], "int32");
      const rows = gather(this.#weight("wDec"), at, 0);
      return this.config.rescalesByDecoderNorm
        ? div(rows, reshape(gather(this.decoderNorms, at), [-1, 1]))
        : rows;
    });
  }

  /** Frees the weights; twice is nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    for (const weight of Object.values(this.#weights)) weight.dispose();
    this.#decoderNorms?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One line: `SparseDictionary of 160 features by topK, 128 to 128`. */
  toString(): string {
    const { activation, dIn, dOut, dSae } = this.config;
    return `SparseDictionary of ${dSae} features by ${activation}, ${dIn} to ${dOut}`;
  }

  #assertLive(action: string): void {
    if (this.#isDisposed) throw dictionaryDisposed(action);
  }

  #weight(name: keyof DictionaryWeights<Tensor>): Tensor {
    return this.#weights[name] as Tensor; // checked when it was made
  }

  /** The axes before a value's own, and the value's own. */
  #layout(x: Tensor): { readonly lead: readonly number[]; readonly own: readonly number[] } {
    const { dIn, joinsHeads } = this.config;
    const raw: unknown = x; // plain JavaScript gives anything
    const wanted = joinsHeads ? `[..., head, ${dIn} / heads]` : `[..., ${dIn}]`;
    if (!isTensor(raw) || raw.dtype !== "float32" || raw.isDisposed)
      throw widthDiffers("reads", wanted, describe(raw));
    const own = this.#own(raw.shape);
    if (own === undefined) throw widthDiffers("reads", wanted, raw.shape);
    return { lead: raw.shape.slice(0, raw.shape.length - own.length), own };
  }

  /** The axes at the end that make up one value. */
  #own(shape: readonly number[]): readonly number[] | undefined {
    const { dIn, joinsHeads } = this.config;
    if (shape.at(-1) === dIn) return shape.slice(-1);
    const [heads = 0, dHead = 0] = shape.slice(-2);
    return joinsHeads && shape.length > 1 && heads * dHead === dIn ? shape.slice(-2) : undefined;
  }

  #outputShape(x: Tensor): number[] {
    const { lead, own } = this.#layout(x);
    const { dIn, dOut } = this.config;
    return [...lead, ...(dIn === dOut ? own : [dOut])];
  }

  #featureLead(features: Tensor): readonly number[] {
    const { dSae } = this.config;
    const raw: unknown = features;
    if (!isTensor(raw) || raw.isDisposed) throw widthDiffers("has features", `[..., ${dSae}]`, describe(raw));
    if (raw.shape.at(-1) !== dSae) throw widthDiffers("has features", `[..., ${dSae}]`, raw.shape);
    return raw.shape.slice(0, -1);
  }

  #refuseWithoutInput(): void {
    if (this.#weights.wSkip !== undefined) throw inputNeeded("has a skip connection");
    if (this.config.normalization !== "none") throw inputNeeded("normalizes rows");
  }
}

function describe(value: unknown): string {
  if (!isTensor(value)) return typeof value;
  return `${value.isDisposed ? "disposed " : ""}${value.dtype} of shape [${value.shape.join(", ")}]`;
}
