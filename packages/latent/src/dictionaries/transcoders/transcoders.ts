import { checkFeatures } from "../check.ts";
import { counted, checkArgument, argumentInvalid, isTensor, showAsText } from "@hookdict/tensordict";
import { add, gather, keep, matMul, reshape, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { isDictionary, type SparseDictionary } from "../dictionary.ts";
import { widthDiffers } from "../errors.ts";
import { layersDiffer } from "./errors.ts";

/** What features of one layer write in later ones: `[dSae, dOut]` each, the layer after it first. */
export type LaterDecoders = readonly Tensor[];

/** Marks transcoders, whatever copy of this package they come from. */
const TRANSCODERS = Symbol.for("@hookdict/transcoders");

export function isTranscoders(value: unknown): value is Transcoders {
  return typeof value === "object" && value !== null && TRANSCODERS in value;
}

/**
 * Transcoders of a model's layers: each layer's features are read at its own place and written in its own layer, and in a cross-layer
 * transcoder in every later one, too (Lindsey et al. 2024, "Sparse Crosscoders"; Ameisen et al. 2025, section 2).
 *
 * `reconstruction[m] = sum over l <= m of features[l] wDec[l to m] + bDec[m] + x[m] wSkip[m]`.
 *
 * **Ownership:** owns layers and decoders until it is disposed.
 *
 * @example
 * const layer = (write: number) =>
 *   new SparseDictionary(
 *     { activation: "relu", dIn: 1, dSae: 1 },
 *     { wEnc: tensor2d([[1]]), wDec: tensor2d([[write]]), bEnc: tensor1d([0]), bDec: tensor1d([0]) },
 *   );
 * using both = new Transcoders([layer(2), layer(3)], [[tensor2d([[10]])]]);
 * const features = both.encode([tensor2d([[1]]), tensor2d([[4]])]);
 * both.decode(features).map((one) => one.dataSync()[0]); // => [2, 22]
 */
export class Transcoders {
  static {
    Object.defineProperty(Transcoders.prototype, TRANSCODERS, { value: true });
    showAsText(this);
  }

  /** One dictionary for each layer, with what it writes in its own. **Ownership:** *borrowed*. */
  readonly layers: readonly SparseDictionary[];
  readonly #later: readonly LaterDecoders[];

  /**
   * **Ownership:** takes both.
   *
   * @param later For each layer what it writes in the layers after it; absent where each writes in its own alone.
   * @throws UsageError `ARGUMENT_INVALID`; ShapeError `TRANSCODER_LAYERS`: everything is the caller's still, then
   */
  constructor(layers: readonly SparseDictionary[], later: readonly LaterDecoders[] = []) {
    if (!Array.isArray(layers) || layers.length === 0 || !layers.every(isDictionary))
      throw argumentInvalid("Transcoders", "layers", layers, "a SparseDictionary for each layer");
    checkLater(layers, later);
    for (const decoder of later.flat()) keep(decoder);
    this.layers = Object.freeze([...layers]);
    this.#later = later.map((decoders) => [...decoders]);
  }

  /** Whether features write in later layers than their own. */
  get isCrossLayer(): boolean {
    return this.#later.some(({ length }) => length > 0);
  }

  /** What features of one layer write in another, `[dSae, dOut]`; `undefined` for nothing. **Ownership:** *borrowed*. */
  decoder(from: number, to: number): Tensor | undefined {
    for (const layer of [from, to])
      checkArgument("Transcoders", "a layer", layer, "a whole number, 0 or more");
    if (from === to) return this.layers[from]?.weights.wDec;
    return this.#later[from]?.[to - from - 1];
  }

  /**
   * What features of one layer write in another for each unit of them, `[n, dOut]`; `undefined` for nothing. **Ownership:** returns owned.
   *
   * @throws UsageError `DICTIONARY_INPUT` where rows are normalized
   */
  writing(from: number, to: number, features: readonly number[]): Tensor | undefined {
    for (const layer of [from, to])
      checkArgument("Transcoders", "a layer", layer, "a whole number, 0 or more");
    if (from === to) return this.layers[from]?.writing(features);
    checkFeatures("Transcoders.writing", features, this.layers[from]?.config.dSae ?? 0);
    const decoder = this.decoder(from, to);
    return decoder && tidy(() => gather(decoder, tensor1d([...features], "int32"), 0));
  }

  /** Features of each layer's value: `[..., dIn]` become `[..., dSae]`. **Ownership:** borrows, returns owned. @throws ShapeError `DICTIONARY_WIDTH`, `TRANSCODER_LAYERS` */
  encode(values: readonly Tensor[]): Tensor[] {
    this.#needAll("values", values);
    return tidy(() => this.layers.map((layer, at) => layer.encode(values[at] as Tensor))); // there are as many
  }

  /**
   * What all features write, a value for each layer. **Ownership:** borrows, returns owned.
   *
   * @param values What they were encoded from, where a layer needs it: with a skip connection, or where rows are normalized.
   * @throws ShapeError `DICTIONARY_WIDTH`, `TRANSCODER_LAYERS`; UsageError `DICTIONARY_INPUT`
   */
  decode(features: readonly Tensor[], values?: readonly Tensor[]): Tensor[] {
    this.#needAll("features", features);
    if (values !== undefined) this.#needAll("values", values);
    return tidy(() => this.layers.map((_, at) => this.decodeAt(at, features.slice(0, at + 1), values?.[at])));
  }

  /** What features of the layers up to one write there, `[..., dOut]`. **Ownership:** as of `decode`. @throws as there */
  decodeAt(layer: number, features: readonly Tensor[], value?: Tensor): Tensor {
    checkArgument("Transcoders.decodeAt", "layer", layer, "a whole number, 0 or more");
    checkArgument("Transcoders.decodeAt", "features", features, "a list of tensors");
    const own = this.layers[layer];
    if (own === undefined || features.length !== layer + 1)
      throw layersDiffer(
        `features of layers 0 to ${layer}`,
        Math.min(layer + 1, this.layers.length),
        features.length,
      );
    return tidy(() => {
      const written = own.decode(features[layer] as Tensor, value);
      return features.slice(0, layer).reduce((sum, from, at) => {
        const decoder = this.decoder(at, layer);
        if (decoder === undefined) return sum;
        const [dSae = 0] = decoder.shape;
        if (from.shape.at(-1) !== dSae) throw widthDiffers("has features", `[..., ${dSae}]`, from.shape);
        return add(sum, reshape(matMul(reshape(from, [-1, dSae]), decoder), sum.shape));
      }, written);
    });
  }

  /** Frees layers and decoders; twice is nothing. */
  dispose(): void {
    for (const layer of this.layers) layer.dispose();
    for (const decoder of this.#later.flat()) decoder.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One line: `Transcoders of 26 layers, cross-layer: 16384 features by relu, 2304 to 2304`. */
  toString(): string {
    const { activation, dIn, dOut, dSae } = (this.layers[0] as SparseDictionary).config; // there is one
    const kind = this.isCrossLayer ? ", cross-layer" : "";
    return `Transcoders of ${counted(this.layers.length, "layer")}${kind}: ${dSae} features by ${activation}, ${dIn} to ${dOut}`;
  }

  #needAll(what: string, given: readonly Tensor[]): void {
    if (!Array.isArray(given) || given.length !== this.layers.length)
      throw layersDiffer(what, this.layers.length, Array.isArray(given) ? given.length : 0);
  }
}

function checkLater(layers: readonly SparseDictionary[], later: readonly LaterDecoders[]): void {
  if (later.length === 0) return;
  layers.forEach(({ config: { dSae } }, from) => {
    const decoders = later[from] ?? [];
    const most = layers.length - from - 1;
    if (decoders.length > most)
      throw layersDiffer(`layers that layer ${from} writes in besides its own`, most, decoders.length);
    decoders.forEach((decoder: unknown, at) => {
      const wanted = [dSae, layers[from + at + 1]?.config.dOut ?? 0];
      if (!isTensor(decoder) || decoder.dtype !== "float32")
        throw argumentInvalid("Transcoders", `later[${from}][${at}]`, decoder, "a float32 tensor");
      if (decoder.shape.join() !== wanted.join())
        throw layersDiffer(`decoder of layer ${from} in layer ${from + at + 1}`, wanted, decoder.shape);
    });
  });
}
