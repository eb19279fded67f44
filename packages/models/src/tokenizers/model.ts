import type { JsonObject } from "../tokenizer-json.ts";
import type { Aligned, Span } from "./aligned.ts";
import { makerOf } from "./fields.ts";
import { bpe } from "./models/bpe.ts";
import { unigram } from "./models/unigram.ts";
import { wordLevel } from "./models/word-level.ts";
import { wordPiece } from "./models/word-piece.ts";

/** A token of a text. */
export interface PlacedToken {
  /** `undefined` where the vocabulary has no such token. */
  readonly id: number | undefined;
  readonly token: string;
  readonly span: Span;
}

/** Cuts a piece of a text into tokens. */
export type Model = (piece: Aligned) => PlacedToken[];

/** Gives the id of a token, if there is such a token. */
export type IdOf = (token: string) => number | undefined;

const MODELS: Readonly<Record<string, (config: JsonObject, idOf: IdOf) => Model>> = {
  BPE: bpe,
  Unigram: unigram,
  WordLevel: wordLevel,
  WordPiece: wordPiece,
};

/** The model of a tokenizer.json. @throws TypeError for one that is not known */
export function modelOf(config: JsonObject, idOf: IdOf): Model {
  const { make, fields } = makerOf(
    MODELS,
    { ...config, type: config["type"] ?? typeIn(config) },
    "model.type",
  );
  const isList = Array.isArray(fields["vocab"]);
  if (isList !== (make === unigram))
    throw new TypeError(
      `"model.vocab" is ${isList ? "a list" : "no list"}, which is not how ${String(fields["type"])} has it`,
    );
  return make(fields, idOf);
}

/** Older files do not say what they are. */
function typeIn(config: JsonObject): string {
  if ("merges" in config) return "BPE";
  if (Array.isArray(config["vocab"])) return "Unigram";
  return "max_input_chars_per_word" in config ? "WordPiece" : "WordLevel";
}
