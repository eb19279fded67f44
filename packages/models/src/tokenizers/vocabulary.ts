import type { JsonObject } from "../tokenizer-json.ts";

/** Tokens and their ids: the model's, and those that were added. */
export class Vocabulary {
  /** The model's alone. */
  readonly #own: ReadonlyMap<string, number>;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #tokens: ReadonlyMap<number, string>;

  /** @param json tokenizer.json, checked. */
  constructor(json: JsonObject) {
    const { vocab } = json["model"] as {
      vocab: readonly [string, number][] | Readonly<Record<string, number>>;
    };
    const own = Array.isArray(vocab)
      ? (vocab as readonly [string, number][]).map(([token], id) => [token, id] as const)
      : Object.entries(vocab);
    const added = (json["added_tokens"] as readonly { id: number; content: string }[]).map(
      ({ id, content }) => [content, id] as const,
    );
    this.#own = new Map(own);
    this.#ids = new Map([...own, ...added]);
    this.#tokens = new Map([...own, ...added].map(([token, id]) => [id, token]));
  }

  /** How many tokens there are. */
  get size(): number {
    return this.#tokens.size;
  }

  /** The id of a token that texts are cut into: those that were added are found before. */
  readonly ownIdOf = (token: string): number | undefined => this.#own.get(token);

  idOf(token: string): number | undefined {
    return this.#ids.get(token);
  }

  tokenOf(id: number): string | undefined {
    return this.#tokens.get(id);
  }
}
