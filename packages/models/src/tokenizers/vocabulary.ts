import type { JsonObject } from "../tokenizer-json.ts";

/** Tokens and their ids: the model's, and those that were added. Vocabularies are large: nothing of them is kept twice before it is asked for. */
export class Vocabulary {
  readonly #own = new Map<string, number>();
  readonly #added = new Map<string, number>();
  #tokens: Map<number, string> | undefined;

  /** @param json tokenizer.json, checked. */
  constructor(json: JsonObject) {
    const { vocab } = json["model"] as {
      vocab: readonly [string, number][] | Readonly<Record<string, number>>;
    };
    if (isList(vocab)) for (const [id, [token]] of vocab.entries()) this.#own.set(token, id);
    else for (const token of Object.keys(vocab)) this.#own.set(token, vocab[token] as number);
    const added = json["added_tokens"] as readonly { id: number; content: string }[];
    for (const { id, content } of added) this.#added.set(content, this.#own.get(content) ?? id);
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#byId.size;
  }

  /** The id of a token that texts are cut into: those that were added are found before. */
  readonly ownIdOf = (token: string): number | undefined => this.#own.get(token);

  idOf(token: string): number | undefined {
    return this.#added.get(token) ?? this.#own.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.#byId.get(id);
  }

  get #byId(): ReadonlyMap<number, string> {
    if (this.#tokens !== undefined) return this.#tokens;
    const tokens = new Map<number, string>();
    for (const map of [this.#own, this.#added]) for (const [token, id] of map) tokens.set(id, token);
    return (this.#tokens = tokens);
  }
}

function isList(
  vocab: readonly [string, number][] | Readonly<Record<string, number>>,
): vocab is readonly [string, number][] {
  return Array.isArray(vocab);
}
