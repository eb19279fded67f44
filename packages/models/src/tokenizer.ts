import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { notSingleToken, noBos, textUnknown, tokenizerInvalid, tokenUnknown } from "./errors.ts";
import { asObject, checkTokenizerJson, tokenText } from "./tokenizer-json.ts";

/** Options of turning text into tokens. */
export interface TokenizeOptions {
  /** Puts the beginning-of-sequence token first. Default true. */
  readonly prependBos?: boolean;
  /**
   * What happens with words that the vocabulary lacks: `"error"` throws, `"allow"` has them become the tokenizer's
   * unknown token, if it has one. Default `"error"`.
   */
  readonly unknown?: "error" | "allow";
}

/** Text to token ids and back, as a tokenizer.json says. */
export class Tokenizer {
  readonly #inner: HuggingFaceTokenizer;
  /** What stands for words that the vocabulary lacks. */
  readonly #unknown: string | undefined;
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
      const checked = checkTokenizerJson(json);
      const settings = asObject(config, "tokenizer_config.json");
      this.#inner = new HuggingFaceTokenizer(checked, settings);
      this.#unknown = tokenText(asObject(checked["model"], '"model"')["unk_token"]);
      this.bosTokenId = this.#idOf(tokenText(settings["bos_token"])) ?? bosTokenId;
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
   * using model = await GPT2.fromPretrained("./ioi-tiny");
   * const { tokenizer } = model;
   * tokenizer.ids("When Mary"); // => [0, 40, 26]
   */
  ids(text: string, options: TokenizeOptions = {}): number[] {
    const ids = this.#encode(text, options.unknown === "allow");
    if (options.prependBos === false) return ids;
    if (this.bosTokenId === undefined) throw noBos();
    return [this.bosTokenId, ...ids];
  }

  /** Text of one token, as it stands in a text: `" Mary"` where the space belongs to the token. */
  label(id: number): string {
    return this.decode([id]);
  }

  /**
   * Text of token ids, special tokens included.
   *
   * @throws UsageError `TOKEN_UNKNOWN`.
   */
  decode(ids: Iterable<number>): string {
    const all = [...ids];
    const bad = all.find((id) => this.#inner.id_to_token(id) === undefined);
    if (bad !== undefined) throw tokenUnknown(bad);
    return all.length === 0 ? "" : this.#inner.decode(all, { clean_up_tokenization_spaces: false });
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

  #encode(text: string, isUnknownAllowed: boolean): number[] {
    const { ids, tokens } = this.#inner.encode(text, { add_special_tokens: false });
    const isUnknown = this.#unknownIn(text);
    const stands = isUnknownAllowed ? this.#idOf(this.#unknown) : undefined;
    if (stands === undefined && tokens.some(isUnknown)) throw textUnknown(text, this.#unknownWords(text));
    // Where a token is unknown, the unknown token has an id, or the line above has thrown.
    return ids.map((id: number, at: number) => (isUnknown(tokens[at] ?? "") ? (stands as number) : id));
  }

  // Some of the library's models leave a word that is not in the vocabulary as it is, some put the unknown token there.
  #unknownIn(text: string): (token: string) => boolean {
    const isLiteral = this.#unknown !== undefined && text.includes(this.#unknown);
    return (token: string) => this.#idOf(token) === undefined || (token === this.#unknown && !isLiteral);
  }

  #unknownWords(text: string): string[] {
    const words = text.split(/\s+/).filter((word) => {
      const { tokens } = this.#inner.encode(word, { add_special_tokens: false });
      return tokens.some(this.#unknownIn(word));
    });
    return words.length > 0 ? [...new Set(words)] : [text];
  }

  #idOf(token: string | undefined): number | undefined {
    return token === undefined ? undefined : this.#inner.token_to_id(token);
  }
}
