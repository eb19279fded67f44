import { type JsonObject, tokenText } from "../../tokenizer-json.ts";
import { spanOf } from "../aligned.ts";
import type { IdOf, Model, PlacedToken } from "../model.ts";

/**
 * The longest token that a piece begins with, and so on with what is left; a piece of which something is left is unknown.
 *
 * @see Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers, 2019; Schuster and Nakajima, 2012.
 */
export function wordPiece(config: JsonObject, idOf: IdOf): Model {
  const unknown = tokenText(config["unk_token"]) ?? "[UNK]";
  const continuing = tokenText(config["continuing_subword_prefix"]) ?? "##";
  const longest = Number(config["max_input_chars_per_word"] ?? 100);
  return (piece) => {
    const { text } = piece;
    const whole = [{ id: idOf(unknown), token: unknown, span: spanOf(piece, 0, text.length) }];
    if ([...text].length > longest) return whole;
    const tokens: PlacedToken[] = [];
    for (let start = 0; start < text.length;) {
      let end = text.length;
      let token = "";
      let id: number | undefined;
      for (; end > start && id === undefined; end--) {
        token = (start > 0 ? continuing : "") + text.slice(start, end);
        id = idOf(token);
      }
      if (id === undefined) return whole;
      end++; // the loop went one further
      tokens.push({ id, token, span: spanOf(piece, start, end) });
      start = end;
    }
    return tokens;
  };
}
