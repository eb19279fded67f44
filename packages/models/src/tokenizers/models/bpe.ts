import type { JsonObject } from "../../tokenizer-json.ts";
import { type Aligned, spanOf } from "../aligned.ts";
import { byteTokens } from "../bytes.ts";
import { checkShare, flagIn, shown, textIn } from "../fields.ts";
import type { IdOf, Model, PlacedToken } from "../model.ts";
import { type Merge, type Merges, merged, type Part } from "./merging.ts";

/**
 * Byte pair encoding: characters, of which the pair that was learnt first is put together until no pair is left.
 *
 * @see Sennrich et al., Neural Machine Translation of Rare Words with Subword Units, 2016.
 */
export function bpe(config: JsonObject, idOf: IdOf): Model {
  checkShare(config, "dropout"); // of training alone
  const has = (token: string): boolean => idOf(token) !== undefined;
  const merges = mergesOf(config, has);
  const word = new Word(config, has);
  const isWholeFirst = flagIn(config, "ignore_merges", false);
  return (piece) => {
    const { text } = piece;
    const whole = isWholeFirst ? idOf(text) : undefined;
    if (whole !== undefined) return [{ id: whole, token: text, span: spanOf(piece, 0, text.length) }];
    return place(piece, merged(word.symbols(text), merges), idOf);
  };
}

/** Of a pair that stands twice, the last counts, as in Hugging Face's. @throws TypeError for tokens that there are not */
function mergesOf(config: JsonObject, has: (token: string) => boolean): Merges {
  const prefix = textIn(config, "continuing_subword_prefix", "");
  const merges = new Map<string, Map<string, Merge>>();
  const list = config["merges"] as readonly unknown[]; // checked when the file was read
  for (const [rank, each] of list.entries()) {
    if (typeof each === "string" && each.startsWith("#version")) continue;
    const [left = "", right = ""] = typeof each === "string" ? each.split(" ") : (each as readonly string[]);
    const token = left + (right.startsWith(prefix) ? right.slice(prefix.length) : right);
    const missing = [left, right, token].find((part) => !has(part));
    if (missing !== undefined)
      throw new TypeError(
        `"model.merges[${rank}]" is ${shown(each)}, but the vocabulary has no ${shown(missing)}`,
      );
    const ofLeft = merges.get(left) ?? new Map<string, Merge>();
    if (ofLeft.size === 0) merges.set(left, ofLeft);
    ofLeft.set(right, { rank, token });
  }
  return merges;
}

/** What a word consists of before anything is put together. */
class Word {
  readonly #has: (token: string) => boolean;
  readonly #unknown: string | undefined;
  readonly #isFused: boolean;
  readonly #hasBytes: boolean;
  readonly #prefix: string;
  readonly #suffix: string;

  constructor(config: JsonObject, has: (token: string) => boolean) {
    this.#has = has;
    this.#unknown = textIn(config, "unk_token", undefined);
    this.#isFused = flagIn(config, "fuse_unk", false);
    this.#hasBytes = flagIn(config, "byte_fallback", false);
    this.#prefix = textIn(config, "continuing_subword_prefix", "");
    this.#suffix = textIn(config, "end_of_word_suffix", "");
  }

  /** Characters that nothing stands for are left out. */
  symbols(text: string): Part[] {
    const characters = [...text];
    const symbols: Part[] = [];
    let unknown: Part | undefined;
    for (const [i, character] of characters.entries()) {
      const isLast = i === characters.length - 1;
      const token = (i > 0 ? this.#prefix : "") + character + (isLast ? this.#suffix : "");
      const bytes = bytesIn(character);
      if (this.#has(token)) {
        symbols.push({ token, bytes });
        unknown = undefined;
        continue;
      }
      const parts = this.#hasBytes ? byteTokens(token) : [];
      if (parts.length > 0 && parts.every((part) => this.#has(part))) {
        symbols.push(...parts.map((part) => ({ token: part, bytes: 1 })));
        continue;
      }
      if (this.#unknown === undefined) continue;
      if (unknown !== undefined && this.#isFused) unknown.bytes += bytes;
      else symbols.push((unknown = { token: this.#unknown, bytes }));
    }
    return symbols;
  }
}

function bytesIn(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/** Tokens stand one behind the other: characters that were left out move those behind them, as in Hugging Face's. */
function place(piece: Aligned, symbols: readonly Part[], idOf: IdOf): PlacedToken[] {
  const units = unitsOfBytes(piece.text);
  let at = 0;
  return symbols.map(({ token, bytes }) => {
    const start = units[at] ?? 0;
    const last = units[Math.max(at + bytes - 1, at)] ?? start;
    at += bytes;
    const width = String.fromCodePoint(piece.text.codePointAt(last) ?? 0).length;
    return { id: idOf(token), token, span: spanOf(piece, start, last + width) };
  });
}

/** The unit of a text that each byte of it belongs to. */
function unitsOfBytes(text: string): number[] {
  const units: number[] = [];
  for (let at = 0; at < text.length;) {
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    for (let i = bytesIn(character); i > 0; i--) units.push(at);
    at += character.length;
  }
  return units;
}
