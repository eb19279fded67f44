import type { JsonObject } from "../tokenizer-json.ts";
import { type Aligned, alignedSlice, sliceAligned, spanOf } from "./aligned.ts";
import { type IdOf, type Model, modelOf, type PlacedToken } from "./model.ts";
import { type Normalizer, normalizerOf } from "./normalizers.ts";
import { type PreTokenizer, preTokenizerOf } from "./pre-tokenizers.ts";
import { type AddedToken, addedTokens, splitSections } from "./sections.ts";

/** Cuts texts into tokens, and knows where in the text each stands. */
export class Encoder {
  readonly #normalize: Normalizer;
  readonly #cut: PreTokenizer;
  readonly #model: Model;
  readonly added: readonly AddedToken[];
  /** Those that are looked for before and after normalizing. */
  readonly #literal: readonly AddedToken[];
  readonly #normalized: readonly AddedToken[];
  readonly #texts: ReadonlyMap<number, string>;

  /**
   * @param json tokenizer.json, checked.
   * @throws TypeError, SyntaxError for parts that are not known, or cannot be
   */
  constructor(json: JsonObject, idOf: IdOf) {
    this.#normalize = normalizerOf(json["normalizer"]);
    this.#cut = preTokenizerOf(json["pre_tokenizer"]);
    this.#model = modelOf(json["model"] as JsonObject, idOf); // checked when the file was read
    this.added = addedTokens(json["added_tokens"], idOf);
    this.#literal = this.added.filter((token) => !token.isNormalized);
    this.#normalized = this.added
      .filter((token) => token.isNormalized)
      .map((token) => ({
        ...token,
        content: this.#normalize(alignedSlice(token.content, 0, token.content.length)).text,
      }));
    this.#texts = new Map(this.#normalized.map(({ id, content }) => [id, content]));
  }

  /** An added token as it stands in texts, where normalizing changes it. */
  textOf(id: number): string | undefined {
    return this.#texts.get(id);
  }

  /** Tokens of a text, without those that the tokenizer adds. */
  tokens(text: string): PlacedToken[] {
    return splitSections(text, this.#literal).flatMap(({ start, end, token }) => {
      if (token !== undefined)
        return [{ id: token.id, token: text.slice(start, end), span: [start, end] as const }];
      return this.#section(alignedSlice(text, start, end));
    });
  }

  #section(from: Aligned): PlacedToken[] {
    const normalized = this.#normalize(from);
    return splitSections(normalized.text, this.#normalized).flatMap(({ start, end, token }) => {
      const part = sliceAligned(normalized, start, end);
      if (token === undefined) return this.#cut(part).flatMap(this.#model);
      return [{ id: token.id, token: part.text, span: spanOf(part, 0, part.text.length) }];
    });
  }
}
