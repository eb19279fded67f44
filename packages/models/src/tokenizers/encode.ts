import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { type JsonObject, tokenText } from "../tokenizer-json.ts";
import { type Aligned, alignedSlice, sliceAligned, spanOf } from "./aligned.ts";
import { normalizeAligned } from "./normalize.ts";
import { type PlacedToken, type PlaceOptions, placeTokens } from "./place.ts";
import { type AddedToken, addedTokens, splitSections } from "./sections.ts";
import { streamOf, type Writing, writingOf } from "./stream.ts";

/** Cuts texts into tokens, and knows where in the text each stands. The library cuts; places are found here. */
export class Encoder {
  readonly #inner: HuggingFaceTokenizer;
  readonly #normalizer: unknown;
  readonly #writing: Writing;
  readonly #place: PlaceOptions;
  readonly added: readonly AddedToken[];

  /** @param json tokenizer.json, checked. */
  constructor(inner: HuggingFaceTokenizer, json: JsonObject) {
    this.#inner = inner;
    this.#normalizer = json["normalizer"];
    this.#writing = writingOf(json["pre_tokenizer"]);
    this.added = addedTokens(json["added_tokens"]);
    const model = json["model"] as JsonObject; // checked when the file was read
    this.#place = {
      continuing: tokenText(model["continuing_subword_prefix"]),
      hasByteFallback: model["byte_fallback"] === true,
      idOf: (token) => inner.token_to_id(token),
    };
  }

  /** Tokens of a text, without those that the tokenizer adds. */
  tokens(text: string): PlacedToken[] {
    const sections = splitSections(
      text,
      this.added.filter((token) => !token.isNormalized),
    );
    return sections.flatMap(({ start, end, token }, index) => {
      if (token !== undefined) {
        return [{ id: token.id, token: text.slice(start, end), span: [start, end] as const }];
      }
      return this.#section(alignedSlice(text, start, end), index);
    });
  }

  #section(from: Aligned, index: number): PlacedToken[] {
    const normalized = normalizeAligned(from, this.#normalizer, this.#inner.normalizer, normalizerOf);
    const sections = splitSections(
      normalized.text,
      this.added.filter((token) => token.isNormalized),
      (token) => this.#inner.normalizer?.(token.content) ?? token.content,
    );
    return sections.flatMap(({ start, end, token }) => {
      if (token !== undefined) {
        const span = spanOf(normalized, start, end);
        return [{ id: token.id, token: normalized.text.slice(start, end), span }];
      }
      return this.#plain(sliceAligned(normalized, start, end), index);
    });
  }

  #plain(from: Aligned, index: number): PlacedToken[] {
    const { pre_tokenizer: cut, model } = this.#inner;
    const pieces: string[] = cut === null ? [from.text] : cut(from.text, { section_index: index });
    const stream = streamOf(from, pieces, this.#writing);
    let at = 0;
    return pieces.flatMap((piece) => {
      const found = stream.text.indexOf(piece, at);
      const start = found === -1 ? at : found;
      const end = Math.min(start + piece.length, stream.text.length);
      at = end;
      return placeTokens(model?.([piece]) ?? [], stream, start, end, this.#place);
    });
  }
}

const normalizers = new WeakMap<JsonObject, (text: string) => string>();

/** A part of a normalizer alone: the library makes them for whole tokenizers only. */
function normalizerOf(config: JsonObject): (text: string) => string {
  const known = normalizers.get(config);
  if (known !== undefined) return known;
  const model = { type: "WordPiece", vocab: { "[UNK]": 0 }, unk_token: "[UNK]" };
  const json = { model, normalizer: config, added_tokens: [], decoder: null, post_processor: null };
  const { normalizer } = new HuggingFaceTokenizer({ ...json, pre_tokenizer: null }, {});
  const made = (text: string): string => normalizer?.(text) ?? text;
  normalizers.set(config, made);
  return made;
}
