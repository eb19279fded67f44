import type { JsonObject } from "../../tokenizer-json.ts";
import { spanOf } from "../aligned.ts";
import { countIn, textIn } from "../fields.ts";
import type { IdOf, Model, PlacedToken } from "../model.ts";
import { Prefixes } from "./prefixes.ts";

/**
 * The longest token that a piece begins with, and so on with what is left; a piece of which something is left is unknown.
 *
 * @see Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers, 2019; Schuster and Nakajima, 2012.
 */
export function wordPiece(config: JsonObject, idOf: IdOf): Model {
  const unknown = textIn(config, "unk_token", "[UNK]");
  const continuing = textIn(config, "continuing_subword_prefix", "##");
  const longest = countIn(config, "max_input_chars_per_word", 100);
  let tokens: Prefixes | undefined; // sorted when the first text is cut
  return (piece) => {
    const { text } = piece;
    const whole = [{ id: idOf(unknown), token: unknown, span: spanOf(piece, 0, text.length) }];
    if ([...text].length > longest) return whole;
    tokens ??= new Prefixes(Object.keys(config["vocab"] as object)); // checked when the file was read
    const inner = tokens.beginning(continuing);
    const placed: PlacedToken[] = [];
    for (let start = 0; start < text.length;) {
      let end = start;
      const note = (at: number): void => void (end = at);
      if (start === 0) tokens.each(text, start, note);
      else tokens.each(text, start, note, inner, continuing.length);
      if (end === start) return whole;
      const token = (start > 0 ? continuing : "") + text.slice(start, end);
      placed.push({ id: idOf(token), token, span: spanOf(piece, start, end) });
      start = end;
    }
    return placed;
  };
}
