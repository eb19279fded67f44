import type { JsonObject } from "../../tokenizer-json.ts";
import { spanOf } from "../aligned.ts";
import { textIn } from "../fields.ts";
import type { IdOf, Model } from "../model.ts";

/** Every piece is a token, or the unknown one. */
export function wordLevel(config: JsonObject, idOf: IdOf): Model {
  const unknown = textIn(config, "unk_token", undefined);
  return (piece) => {
    const { text } = piece;
    const known = idOf(text);
    const id = known ?? (unknown === undefined ? undefined : idOf(unknown));
    const token = known === undefined && id !== undefined ? (unknown ?? text) : text;
    return [{ id, token, span: spanOf(piece, 0, text.length) }];
  };
}
