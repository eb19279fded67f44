import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { notSingleToken, noBos, textUnknown, tokenizerInvalid } from "./errors.ts";

/** Options of turning text into tokens. */
export interface TokenizeOptions {
  /** Puts the beginning-of-sequence token first. Default true. */
  readonly prependBos?: boolean;
  /**
   * What happens with words that the vocabulary lacks: `"error"` throws, `"allow"` has them become the unknown token.
   * Default `"error"`.
   */
  readonly unknown?: "error" | "allow";
}

/** Text to token ids and back, as a tokenizer.json says. */
export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  /** Id of the beginning-of-sequence token, if there is one. */
  readonly bosTokenId: number | undefined;

  /**
   * @param json Parsed tokenizer.json.
   * @param config Parsed tokenizer_config.json, or an empty object.
   * @param file Name for messages.
   * @param bosTokenId Used when the tokenizer's config names no such token.
   * @throws FormatError `TOKENIZER_INVALID`.
   */
  constructor(json: unknown, config: unknown, file: string, bosTokenId?: number) {
    try {
      this.#inner = new HuggingFaceTokenizer(asObject(json), asObject(config));
      const name = bosName(asObject(config));
      this.bosTokenId = (name === undefined ? undefined : this.#inner.token_to_id(name)) ?? bosTokenId;
    } catch (cause) {
      throw tokenizerInvalid(file, cause);
    }
  }

  /**
   * Token ids of a text.
   *
   * @throws UsageError `NO_BOS` when the first token is asked for and there is none, `TEXT_UNKNOWN` for words that the
   * vocabulary lacks.
   *
   * @example
   * tokenizer.ids("When Mary"); // => [0, 40, 26]
   */
  ids(text: string, options: TokenizeOptions = {}): number[] {
    const { ids, tokens } = this.#inner.encode(text, { add_special_tokens: false });
    if (options.unknown !== "allow") this.#checkKnown(text, tokens);
    if (options.prependBos === false) return ids;
    if (this.bosTokenId === undefined) throw noBos();
    return [this.bosTokenId, ...ids];
  }

  /** Text of one token, as it stands in a text: `" Mary"` where the space belongs to the token. */
  label(id: number): string {
    return this.decode([id]);
  }

  /** Text of token ids. */
  decode(ids: Iterable<number>): string {
    return this.#inner.decode([...ids], { clean_up_tokenization_spaces: false });
  }

  /**
   * The id of a text that is one token.
   *
   * @throws UsageError `NOT_SINGLE_TOKEN`, `TEXT_UNKNOWN`.
   */
  single(text: string): number {
    const ids = this.ids(text, { prependBos: false });
    const [id] = ids;
    if (id === undefined || ids.length > 1)
      throw notSingleToken(
        text,
        ids.map((each) => this.label(each)),
      );
    return id;
  }

  #checkKnown(text: string, tokens: readonly string[]): void {
    // What is not in the vocabulary keeps its own text as token and gets the id of the unknown token.
    const unknown = tokens.filter((token) => this.#inner.token_to_id(token) === undefined);
    if (unknown.length > 0) throw textUnknown(text, [...new Set(unknown)]);
  }
}

function asObject(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null) throw new TypeError("it is not a JSON object");
  return json as Readonly<Record<string, unknown>>; // JSON objects have string keys
}

/** A special token is written as its text, or as an object with its text. */
function bosName(config: Readonly<Record<string, unknown>>): string | undefined {
  const bos = config["bos_token"];
  if (typeof bos === "string") return bos;
  const content = typeof bos === "object" && bos !== null && "content" in bos ? bos.content : undefined;
  return typeof content === "string" ? content : undefined;
}
