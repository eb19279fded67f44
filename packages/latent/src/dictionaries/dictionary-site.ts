import { compilePattern, HookPoint, Module } from "@hookdict/core";
import { isTaping, refClone } from "@hookdict/tensordict/tensors";
import { add, expandDims, slice, squeeze, sub, tensor, type Tensor, where } from "@tensorflow/tfjs-core";
import type { SparseDictionary } from "./dictionary.ts";

/** What becomes of what a dictionary does not reconstruct. */
export type ErrorTerm = "kept" | "constant" | "none";

/** What a dictionary has read. Tensors belong to whoever asked for it. */
export interface DictionaryReading {
  /** What was read, before any hook, and as hooks have left it. */
  readonly x: Tensor;
  readonly given: Tensor;
  /** Its features without any hook, and as hooks have left them. */
  readonly own: Tensor;
  readonly features: Tensor;
  /** Whether no hook has changed, and no gradient passes, anything on the way. */
  readonly isUntouched: boolean;
}

/** What features write: of several layers where they write in later ones, too; the last is the site's own. */
export type Decoding = (features: readonly Tensor[], x: Tensor) => Tensor;

/** `features[17]` at the end of a pattern. */
const UNIT = /^(.+)[./]features\[(\d+)\]$/;

/**
 * A dictionary at one site of one model: its points are sites below that one. `features[17]` is the one feature, `[batch, pos]` where
 * the site has these axes; it is there once a pattern names it.
 */
export class DictionarySite extends Module {
  readonly input: HookPoint;
  readonly preactivations: HookPoint;
  readonly features: HookPoint;
  readonly reconstruction: HookPoint;
  readonly error: HookPoint;
  readonly output: HookPoint;
  readonly #dictionary: SparseDictionary;
  readonly #decode: Decoding;
  readonly #errorTerm: ErrorTerm;
  readonly #lead: readonly string[] | undefined;
  readonly #units = new Map<number, HookPoint>();

  constructor(
    dictionary: SparseDictionary,
    errorTerm: ErrorTerm,
    axes: { readonly input: readonly string[] | undefined; readonly output: readonly string[] | undefined },
    decode: Decoding = (features, x) => dictionary.decode(features.at(-1) as Tensor, x),
  ) {
    super();
    const pointOf = (names: readonly string[] | undefined): HookPoint =>
      new HookPoint(names === undefined ? {} : { axes: names });
    const { joinsHeads } = dictionary.config;
    this.#lead = axes.input?.slice(0, joinsHeads && axes.input.includes("head") ? -2 : -1);
    const features = this.#lead && [...this.#lead, "feature"];
    this.input = pointOf(axes.input);
    this.preactivations = pointOf(features);
    this.features = pointOf(features);
    this.reconstruction = pointOf(axes.output);
    this.error = pointOf(axes.output);
    this.output = pointOf(axes.output);
    this.#dictionary = dictionary;
    this.#decode = decode;
    this.#errorTerm = errorTerm;
  }

  override partNamed(source: string, path: string): void {
    const [, prefix = "", index = ""] = UNIT.exec(source) ?? [];
    const unit = Number(index);
    if (prefix === "" || this.#units.has(unit) || unit >= this.#dictionary.config.dSae) return;
    const segments = path.split(".");
    if (!compilePattern(prefix).matches({ path, segments, kind: "module", type: "DictionarySite" })) return;
    const point = new HookPoint(this.#lead === undefined ? {} : { axes: this.#lead });
    this.#units.set(unit, point);
    // A field of this name is what gives the site its path.
    Object.defineProperty(this, `features[${unit}]`, { value: point, enumerable: true });
  }

  /** What the value becomes. **Ownership:** borrows; the result belongs to the run. @throws ShapeError `DICTIONARY_WIDTH` */
  forward(value: Tensor): Tensor {
    return this.write(value, [this.read(value)]);
  }

  /** The first half: encodes `x`. **Ownership:** borrows; what it gives belongs to the run. */
  read(x: Tensor): DictionaryReading {
    const dictionary = this.#dictionary;
    const given = this.input.call(x);
    const before = dictionary.preactivations(given);
    const preactivations = this.preactivations.call(before);
    const found = dictionary.activate(preactivations);
    const features = this.#throughUnits(this.features.call(found));
    const isUntouched = given === x && preactivations === before && features === found;
    // On a way of their own: what hooks change, and the gradient at features, is not taken back by the error.
    const own = isUntouched || this.#errorTerm === "none" ? features : dictionary.encode(x);
    return { x, given, own, features, isUntouched };
  }

  /**
   * The second half: what stands in the place of `value`. **Ownership:** as there.
   *
   * @param readings Of all layers whose features write here, the site's own last.
   * @throws ShapeError `DICTIONARY_WIDTH`
   */
  write(value: Tensor, readings: readonly DictionaryReading[]): Tensor {
    const { x, given } = readings.at(-1) as DictionaryReading; // there is one
    const written = this.#decode(
      readings.map(({ features }) => features),
      given,
    );
    const reconstruction = this.reconstruction.call(written);
    if (this.#errorTerm === "none") return this.output.call(reconstruction);
    const isUntouched = reconstruction === written && readings.every((each) => each.isUntouched);
    const isConstant = this.#errorTerm === "constant" && isTaping();
    if (isUntouched && !isConstant && this.error.hookSlot === null) return this.output.call(value);
    const plain = isUntouched
      ? reconstruction
      : this.#decode(
          readings.map(({ own }) => own),
          x,
        );
    const left = sub(value, plain);
    const made = isConstant ? refClone(left) : left;
    const error = this.error.call(made);
    if (isUntouched && !isConstant && error === made) return this.output.call(value);
    return this.output.call(add(reconstruction, error));
  }

  #throughUnits(features: Tensor): Tensor {
    let passed = features;
    for (const [unit, point] of this.#units) {
      if (point.hookSlot === null) continue;
      const { shape } = passed;
      const lead = shape.slice(0, -1);
      const given = squeeze(slice(passed, [...lead.map(() => 0), unit], [...lead, 1]), [-1]);
      const value = point.call(given);
      if (value === given) continue;
      const isUnit = unitMask(shape, unit);
      passed = where(isUnit, expandDims(value, -1), passed);
    }
    return passed;
  }
}

/** True at one feature, of shape `[1, ..., dSae]`. */
function unitMask(shape: readonly number[], unit: number): Tensor {
  const values = new Uint8Array(shape.at(-1) ?? 1);
  values[unit] = 1;
  return tensor(values, [...shape.slice(0, -1).map(() => 1), values.length], "bool");
}
