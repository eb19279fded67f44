import { configField, configUnsupported } from "../errors.ts";
import { ACTIVATIONS, type ActivationName } from "../ops/activations.ts";

/** Largest values that are taken: far above any model, and small enough to make lists of. */
const MOST = { size: 2 ** 31, count: 512, width: 2 ** 20 };

/** JSON objects have string keys. */
type Json = Readonly<Record<string, unknown>>;

/**
 * Reads fields of a config.json, each of the kind that is asked for. Where a field has had several names, the first that
 * is there counts.
 */
export class Fields {
  readonly #json: Json;
  readonly #file: string;
  readonly #model: string;
  readonly #defaults: Json;

  /**
   * @param file Name for messages.
   * @param defaults What fields are that are not there at all.
   * @throws FormatError `CONFIG_FIELD` where it is no object.
   */
  constructor(json: unknown, file: string, defaults: Json = {}) {
    if (typeof json !== "object" || json === null || Array.isArray(json))
      throw configField(file, "(the whole file)", "an object", json, "a model");
    this.#json = json as Json; // an object that is no list
    this.#file = file;
    this.#defaults = defaults;
    const type = this.#json["model_type"];
    this.#model = typeof type === "string" ? `a model of the type "${type}"` : "a model";
  }

  /** The same fields, above what those are that are not there at all. */
  over(defaults: Json = {}): Fields {
    return new Fields(this.#json, this.#file, defaults);
  }

  /** The value under the first of the names that is there; `null` counts as absent, and has no default. */
  raw(...names: readonly string[]): unknown {
    for (const from of [this.#json, this.#defaults])
      for (const name of names) {
        const value = Object.hasOwn(from, name) ? from[name] : undefined;
        const isNull = from === this.#defaults && Object.hasOwn(this.#json, name);
        if (value !== undefined && value !== null && !isNull) return value;
      }
    return undefined;
  }

  has(...names: readonly string[]): boolean {
    return this.raw(...names) !== undefined;
  }

  /** Whether the field is there, be it null, and not left to its default. */
  says(name: string): boolean {
    return Object.hasOwn(this.#json, name);
  }

  #refuse(name: string, want: string, got: unknown): never {
    throw configField(this.#file, name, want, got, this.#model);
  }

  /** A nested object; empty where it is absent. */
  object(...names: readonly string[]): Fields {
    const value = this.raw(...names);
    if (value === undefined) return new Fields({}, this.#file);
    if (typeof value !== "object" || Array.isArray(value)) this.#refuse(names[0] ?? "", "an object", value);
    return new Fields(value, `${this.#file}: ${names[0]}`);
  }

  /** A positive integer. Of what a config lists things for, such as layers, see {@link Fields.count}. */
  size(name: string | readonly string[], fallback?: number, most: number = MOST.size): number {
    const names = typeof name === "string" ? [name] : name;
    const value = this.raw(...names) ?? fallback;
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0 && value <= most) return value;
    return this.#refuse(
      names[0] ?? "",
      `a positive integer${most < MOST.size ? ` up to ${most}` : ""}`,
      value,
    );
  }

  /** How many layers, heads or experts there are: a config that claims a million must not make as many objects. */
  count(name: string | readonly string[], fallback?: number): number {
    return this.size(name, fallback, MOST.count);
  }

  /** How wide something is that weights are split along. */
  width(name: string | readonly string[], fallback?: number): number {
    return this.size(name, fallback, MOST.width);
  }

  /** The index of a layer: 0 or more. */
  layer(name: string, fallback: number): number {
    const value = this.raw(name) ?? fallback;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    return this.#refuse(name, "a layer's index, from 0 on", value);
  }

  /** A token id, where there is one. */
  token(name: string): number | undefined {
    const value = this.raw(name);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (first === undefined) return undefined;
    if (typeof first === "number" && Number.isSafeInteger(first) && first >= 0) return first;
    return this.#refuse(name, "a token id", value);
  }

  /** A positive number. */
  number(name: string | readonly string[], fallback?: number): number {
    const names = typeof name === "string" ? [name] : name;
    const value = this.raw(...names) ?? fallback;
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    return this.#refuse(names[0] ?? "", "a positive number", value);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.raw(name) ?? fallback;
    return typeof value === "boolean" ? value : this.#refuse(name, "true or false", value);
  }

  /** A list of positive numbers. */
  numbers(name: string): readonly number[] {
    const value = this.raw(name);
    const isList = Array.isArray(value) && value.every((each) => typeof each === "number" && each > 0);
    return isList ? (value as number[]) : this.#refuse(name, "a list of positive numbers", value);
  }

  /** One word of each layer, where there is such a list. */
  words(name: string, count: number): readonly string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const isList =
      Array.isArray(value) && value.length >= count && value.every((each) => typeof each === "string");
    return isList ? value : this.#refuse(name, `a list of ${count} words`, value);
  }

  oneOf<T>(name: string, known: readonly T[], fallback?: T): T {
    const value = this.raw(name) ?? fallback;
    const found = known.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    throw configUnsupported(this.#file, name, value, known);
  }

  activation(name: string | readonly string[], fallback?: ActivationName): ActivationName {
    const names = typeof name === "string" ? [name] : name;
    // Elsewhere null is as good as absent; a model whose activation was set to nothing is no model.
    const none = names.find((each) => Object.hasOwn(this.#json, each) && this.#json[each] === null);
    if (none !== undefined && !this.has(...names)) return this.activationOf(none, null);
    return this.activationOf(names[0] ?? "", this.raw(...names) ?? fallback);
  }

  /** An activation whose name is a part of a field. */
  activationOf(field: string, value: unknown): ActivationName {
    const known = Object.keys(ACTIVATIONS) as ActivationName[]; // declared with exactly these keys
    const found = known.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const isLearned = value === "prelu" || value === "xielu";
    throw configUnsupported(
      this.#file,
      field,
      value,
      known,
      isLearned ? "an activation with weights of its own" : undefined,
    );
  }

  /** Refuses a value that would change results and is not implemented. */
  only(name: string, known: readonly unknown[]): void {
    const value = this.raw(name);
    if (value !== undefined && !known.includes(value))
      throw configUnsupported(this.#file, name, value, known);
  }

  /** Refuses a field as it is. @throws FormatError `CONFIG_FIELD` */
  refuse(name: string, want: string): never {
    return this.#refuse(name, want, this.raw(name));
  }

  /** Refuses a size that does not divide another. */
  divides(name: string, part: number, whole: number, of: string): void {
    if (whole % part !== 0) this.#refuse(name, `a divisor of "${of}", which is ${whole}`, part);
  }
}
