import { configInvalid } from "../errors.ts";

/** Fields of a parsed configuration, checked as they are read. @throws FormatError `DICTIONARY_CONFIG` */
export class Fields {
  readonly #file: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(file: string, parsed: unknown) {
    this.#file = file;
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
      throw configInvalid(file, "(all of it)", parsed, "a record");
    this.#values = parsed as Readonly<Record<string, unknown>>; // just checked
  }

  /** The first of the names that is there. */
  any(...names: readonly string[]): unknown {
    return names.map((name) => this.#values[name]).find((value) => value !== undefined && value !== null);
  }

  size(...names: readonly [string, ...string[]]): number {
    const value = this.any(...names);
    if (typeof value !== "number" || !Number.isInteger(value) || value < 1)
      throw this.fault(names[0], value, "a whole number of at least 1");
    return value;
  }

  count(name: string): number {
    const value = this.any(name);
    if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value))
      throw this.fault(name, value, "a number above 0");
    return value;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.any(name) ?? fallback;
    if (typeof value !== "boolean") throw this.fault(name, value, "true or false");
    return value;
  }

  text(...names: readonly string[]): string | undefined {
    const value = this.any(...names);
    if (value !== undefined && typeof value !== "string") throw this.fault(names[0] ?? "", value, "a text");
    return value;
  }

  /** What a text stands for. */
  choice<T>(name: string, known: Readonly<Record<string, T>>, fallback: string): T {
    const value = this.any(name) ?? fallback;
    const found = typeof value === "string" && Object.hasOwn(known, value) ? known[value] : undefined;
    if (found === undefined) throw this.fault(name, value, `one of ${Object.keys(known).join(", ")}`);
    return found;
  }

  /** A record inside; empty where there is none. */
  inner(name: string): Fields {
    return new Fields(`${this.#file}: ${name}`, this.any(name) ?? {});
  }

  fault(name: string, got: unknown, wanted: string): Error {
    return configInvalid(this.#file, name, got, wanted);
  }
}
