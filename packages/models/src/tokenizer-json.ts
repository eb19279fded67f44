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
  checkVocabulary(model["vocab"]);
  if (model["type"] === "BPE" || "merges" in model) checkMerges(model["merges"]);
  checkAddedTokens(whole["added_tokens"]);
  return whole;
}

function checkMerges(merges: unknown): void {
  if (!Array.isArray(merges)) throw new TypeError('"model.merges" is not a list');
  const bad = merges.findIndex((merge: unknown) => {
    if (typeof merge === "string") return !merge.includes(" ");
    return !Array.isArray(merge) || merge.length !== 2 || !merge.every((each) => typeof each === "string");
  });
  if (bad !== -1)
    throw new TypeError(`"model.merges[${bad}]" is ${JSON.stringify(merges[bad])}, not two tokens`);
}

function checkAddedTokens(tokens: unknown): void {
  if (!Array.isArray(tokens)) throw new TypeError('"added_tokens" is not a list');
  tokens.forEach((token: unknown, i) => {
    const { id, content } = asObject(token, `"added_tokens[${i}]"`);
    if (!Number.isSafeInteger(id) || (id as number) < 0)
      throw new TypeError(`"added_tokens[${i}].id" is ${JSON.stringify(id)}`);
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
      Array.isArray(piece) && typeof piece[0] === "string" && typeof piece[1] === "number";
    const bad = vocabulary.findIndex((piece) => !isPiece(piece));
    if (bad === -1) return;
    throw new TypeError(
      `"model.vocab[${bad}]" is ${JSON.stringify(vocabulary[bad])}, no token and its score`,
    );
  }
  for (const [token, id] of Object.entries(asObject(vocabulary, '"model.vocab"'))) {
    if (!Number.isSafeInteger(id) || (id as number) < 0) {
      throw new TypeError(`"model.vocab" gives ${JSON.stringify(token)} the id ${JSON.stringify(id)}`);
    }
  }
}
