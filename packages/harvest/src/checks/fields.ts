import { decodeUtf8, parseJson } from "@hookdict/tensordict/io";
import { harvestFileInvalid } from "./errors.ts";

/** A SHA-256 as 64 lower-case hex digits: nothing else may become a part of a path. */
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * One object of a JSON file that comes from elsewhere: its fields by type, each checked when it is read.
 *
 * @throws FormatError `HARVEST_FILE_INVALID` from every method, naming the file and the field.
 */
export class Fields {
  readonly file: string;
  readonly #at: string;
  readonly #record: Readonly<Record<string, unknown>>;

  constructor(file: string, value: unknown, at = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw harvestFileInvalid(file, `${at === "" ? "it" : at} is not a JSON object`);
    this.file = file;
    this.#at = at;
    this.#record = value as Readonly<Record<string, unknown>>; // JSON objects have string keys
  }

  #name(key: string): string {
    return this.#at === "" ? `"${key}"` : `${this.#at}."${key}"`;
  }

  wrong(key: string, wanted: string): Error {
    const got = JSON.stringify(this.#record[key]) ?? "missing";
    const short = got.length > 80 ? `${got.slice(0, 79)}…` : got;
    return harvestFileInvalid(this.file, `${this.#name(key)} is ${short}, not ${wanted}`);
  }

  has(key: string): boolean {
    return this.#record[key] !== undefined && this.#record[key] !== null;
  }

  whole(key: string, least = 0, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#record[key];
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    throw this.wrong(key, `a whole number from ${least} to ${most}`);
  }

  /** A whole number, or `null`. */
  wholeOrNull(key: string): number | null {
    return this.#record[key] === null ? null : this.whole(key);
  }

  number(key: string): number {
    const value = this.#record[key];
    if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
    throw this.wrong(key, "a number of at least 0");
  }

  flag(key: string): boolean {
    const value = this.#record[key];
    if (typeof value === "boolean") return value;
    throw this.wrong(key, "true or false");
  }

  text(key: string, pattern: RegExp = /^[^\0]*$/su, most = 4096): string {
    const value = this.#record[key];
    if (typeof value === "string" && value.length <= most && pattern.test(value)) return value;
    throw this.wrong(key, `a text of the kind ${String(pattern)}`);
  }

  sha256(key: string): string {
    const value = this.#record[key];
    if (typeof value === "string" && SHA256.test(value)) return value;
    throw this.wrong(key, "64 hex digits");
  }

  word<W extends string>(key: string, words: readonly W[]): W {
    const value = this.#record[key];
    if (words.includes(value as W)) return value as W; // just found
    throw this.wrong(key, words.map((word) => JSON.stringify(word)).join(" or "));
  }

  list(key: string, most = 1_000_000): readonly unknown[] {
    const value = this.#record[key];
    if (Array.isArray(value) && value.length <= most) return value;
    throw this.wrong(key, `a list of at most ${most}`);
  }

  /** The objects of a list. */
  records(key: string, most?: number): Fields[] {
    return this.list(key, most).map((item, i) => new Fields(this.file, item, `${this.#name(key)}[${i}]`));
  }

  record(key: string): Fields {
    return new Fields(this.file, this.#record[key], this.#name(key));
  }

  /** Texts by name. */
  texts(key: string): Readonly<Record<string, string>> {
    const inner = this.record(key);
    return Object.fromEntries(inner.keys.map((name) => [name, inner.text(name)]));
  }

  /** Whole numbers by name. */
  wholes(key: string): Readonly<Record<string, number>> {
    const inner = this.record(key);
    return Object.fromEntries(inner.keys.map((name) => [name, inner.whole(name)]));
  }

  get keys(): readonly string[] {
    return Object.keys(this.#record);
  }

  /** A shape: whole numbers whose product is small enough to count. */
  shape(key: string): readonly number[] {
    const sizes = this.list(key, 16);
    const isFine = sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 1);
    const product = sizes.reduce((all: number, size) => all * (size as number), 1);
    if (isFine && product <= 2 ** 40) return sizes as readonly number[];
    throw this.wrong(key, "a list of sizes of at least 1");
  }
}

/** The fields of a JSON file's bytes. @throws FormatError `HARVEST_FILE_INVALID`, `JSON_*`. */
export function parseFields(file: string, bytes: Uint8Array): Fields {
  let text: string;
  try {
    text = decodeUtf8(bytes);
  } catch (cause) {
    throw harvestFileInvalid(file, "it is not UTF-8", cause);
  }
  return new Fields(file, parseJson(text, file));
}
