import { checkDepth } from "./tokenizers/fields.ts";

/** Parts that hold others of their kind. */
const PARTS = ["normalizer", "pre_tokenizer", "post_processor", "decoder", "added_tokens"];

/** The largest id: ids are 32-bit integers in tensors. */
const MOST_ID = 2 ** 31 - 1;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A tokenizer.json, of which the model's vocabulary, the merges of byte pair encoding and the added tokens are checked.
 * The other parts check themselves when they are made.
 *
 * @throws TypeError that says what is wrong.
 */
export function checkTokenizerJson(json: unknown): JsonObject {
  const whole = asObject(json, "it");
  const model = asObject(whole["model"], '"model"');
  for (const part of PARTS) checkDepth(whole[part], part);
  checkVocabulary(model["vocab"]);
  checkUnknownId(model["unk_id"], model["vocab"]);
  if (model["type"] === "BPE" || "merges" in model) checkMerges(model["merges"]);
  checkAddedTokens(whole["added_tokens"]);
  return whole;
}

function checkMerges(merges: unknown): void {
  if (!Array.isArray(merges)) throw new TypeError('"model.merges" is not a list');
  const bad = merges.findIndex((merge: unknown) => {
    if (typeof merge === "string") return merge.split(" ").length !== 2 && !merge.startsWith("#version");
    return !Array.isArray(merge) || merge.length !== 2 || !merge.every((each) => typeof each === "string");
  });
  if (bad !== -1)
    throw new TypeError(`"model.merges[${bad}]" is ${JSON.stringify(merges[bad])}, not two tokens`);
}

function checkAddedTokens(tokens: unknown): void {
  if (!Array.isArray(tokens)) throw new TypeError('"added_tokens" is not a list');
  tokens.forEach((token: unknown, i) => {
    const { id, content } = asObject(token, `"added_tokens[${i}]"`);
    if (!isId(id)) throw new TypeError(`"added_tokens[${i}].id" is ${JSON.stringify(id)}`);
    if (typeof content !== "string")
      throw new TypeError(`"added_tokens[${i}].content" is ${JSON.stringify(content)}`);
  });
}

/** The value as an object; @throws TypeError that names it otherwise. */
export function asObject(value: unknown, name: string): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} is not a JSON object`);
  }
  return value as JsonObject; // JSON objects have string keys
}

/** A special token is written as its text, or as an object with its text. */
export function tokenText(token: unknown): string | undefined {
  const content = typeof token === "object" && token !== null && "content" in token ? token.content : token;
  return typeof content === "string" ? content : undefined;
}

/** Unigram models list their pieces; the others give each token's id. */
function checkVocabulary(vocabulary: unknown): void {
  if (Array.isArray(vocabulary)) {
    const isPiece = (piece: unknown): boolean =>
      Array.isArray(piece) &&
      piece.length === 2 &&
      typeof piece[0] === "string" &&
      typeof piece[1] === "number";
    const bad = vocabulary.findIndex((piece) => !isPiece(piece));
    if (bad === -1) return;
    throw new TypeError(
      `"model.vocab[${bad}]" is ${JSON.stringify(vocabulary[bad])}, no token and its score`,
    );
  }
  for (const [token, id] of Object.entries(asObject(vocabulary, '"model.vocab"'))) {
    if (!isId(id)) {
      throw new TypeError(`"model.vocab" gives ${JSON.stringify(token)} the id ${JSON.stringify(id)}`);
    }
  }
}

/** Only Unigram models have one: the unknown token's place in their list. */
function checkUnknownId(id: unknown, vocabulary: unknown): void {
  if (id === undefined || id === null || !Array.isArray(vocabulary)) return;
  if (!isId(id) || id >= vocabulary.length)
    throw new TypeError(`"model.unk_id" is ${JSON.stringify(id)}, none of the ${vocabulary.length} tokens`);
}

function isId(id: unknown): id is number {
  return Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) <= MOST_ID;
}
