import { configField, configUnsupported } from "../errors.ts";
import { type ActivationName, ACTIVATIONS } from "../ops/activations.ts";

// The keys of a record that is declared with exactly these keys.
const ACTIVATION_NAMES = Object.keys(ACTIVATIONS) as ActivationName[];

/** More layers, heads or units than any model has: a config is untrusted. */
const MOST = 2 ** 24;
const MOST_LAYERS = 4096;

/** Fields of a config.json, each read as the kind that is asked for. */
export class ConfigFields {
  readonly file: string;
  readonly #json: Readonly<Record<string, unknown>>;

  /** @throws FormatError `CONFIG_FIELD` where the JSON is no object. */
  constructor(json: unknown, file: string) {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw configField(file, "(the whole file)", "an object", json);
    }
    this.#json = json as Readonly<Record<string, unknown>>; // JSON objects have string keys
    this.file = file;
  }

  /** The value as it stands; `null` counts as absent. */
  raw(field: string): unknown {
    return (Object.hasOwn(this.#json, field) ? this.#json[field] : undefined) ?? undefined;
  }

  absent(field: string): boolean {
    return this.raw(field) === undefined;
  }

  size(field: string, fallback?: number): number {
    const value = this.raw(field) ?? fallback;
    if (isInteger(value) && value > 0 && value <= MOST) return value;
    throw configField(this.file, field, "a positive integer", value);
  }

  layers(field: string): number {
    const value = this.size(field);
    if (value <= MOST_LAYERS) return value;
    throw configField(this.file, field, `a positive integer up to ${MOST_LAYERS}`, value);
  }

  optionalSize(field: string): number | undefined {
    return this.absent(field) ? undefined : this.size(field);
  }

  /** A token id, if there is one; of several, the first. */
  token(field: string): number | undefined {
    const raw = this.raw(field);
    const value: unknown = Array.isArray(raw) ? raw[0] : raw;
    if (value === undefined) return undefined;
    if (isInteger(value) && value >= -1) return value < 0 ? undefined : value;
    throw configField(this.file, field, "a token id", value);
  }

  number(field: string, fallback: number): number {
    const value = this.raw(field) ?? fallback;
    if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
    throw configField(this.file, field, "a positive number", value);
  }

  optionalNumber(field: string): number | undefined {
    return this.absent(field) ? undefined : this.number(field, 0);
  }

  flag(field: string, fallback: boolean): boolean {
    const value = this.raw(field) ?? fallback;
    if (typeof value === "boolean") return value;
    throw configField(this.file, field, "true or false", value);
  }

  activation(field: string, fallback: ActivationName): ActivationName {
    return this.oneOf(field, ACTIVATION_NAMES, fallback);
  }

  oneOf<T>(field: string, known: readonly T[], fallback: T): T {
    const value = this.raw(field) ?? fallback;
    const found = known.indexOf(value as T); // looked for, whatever it is
    if (found >= 0) return known[found] as T;
    throw configUnsupported(this.file, field, value, known);
  }

  /** Refuses whatever is neither absent nor one of these values. */
  only(field: string, ...known: readonly unknown[]): void {
    const value = this.raw(field);
    if (value !== undefined && !known.includes(value)) throw configUnsupported(this.file, field, value, known);
  }

  list<T>(field: string, length: number, isItem: (item: unknown) => item is T, want: string): T[] {
    const value = this.raw(field);
    if (Array.isArray(value) && value.length === length && value.every(isItem)) return value;
    throw configField(this.file, field, want, value);
  }

  /** Fields of an object below a field; none where it is absent. */
  below(field: string): ConfigFields {
    return new ConfigFields(this.raw(field) ?? {}, this.file);
  }

  /** Heads must divide what they are parts of. */
  divides(field: string, part: number, whole: number, of: string): void {
    if (whole % part !== 0) throw configField(this.file, field, `a divisor of "${of}", which is ${whole}`, part);
  }
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** For {@link ConfigFields.list}. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** For {@link ConfigFields.list}. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}
