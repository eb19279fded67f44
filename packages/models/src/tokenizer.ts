import { showAsText } from "@hookdict/tensordict";
import {
  chatTemplate,
  noBos,
  noChatTemplate,
  noPad,
  notSingleToken,
  textUnknown,
  tokenizerInvalid,
  tokenUnknown,
} from "./errors.ts";
import { asObject, checkTokenizerJson, type JsonObject, tokenText } from "./tokenizer-json.ts";
import { type ChatMessage, type ChatOptions, renderChat, templateText } from "./tokenizers/chat.ts";
import { decoderOf } from "./tokenizers/decoders.ts";
import { Encoder } from "./tokenizers/encode.ts";
import { type Encoding, type PaddedBatch, padRows } from "./tokenizers/encoding.ts";
import type { PlacedToken } from "./tokenizers/model.ts";
import { postProcess } from "./tokenizers/post-process.ts";
import { type PostProcessor, postProcessorsOf } from "./tokenizers/post-processors.ts";
import { Vocabulary } from "./tokenizers/vocabulary.ts";

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

/** Options of {@link Tokenizer.encode}. */
export interface EncodeOptions {
  /** A second text, for models that read two. */
  readonly pair?: string;
  /** Adds the tokens that tokenizer.json says, such as `[CLS]` and `[SEP]`. Default true. */
  readonly addSpecialTokens?: boolean;
}

/** Options of {@link Tokenizer.encodeBatch}. */
export interface EncodeBatchOptions extends Omit<EncodeOptions, "pair"> {
  /** Where shorter texts are filled up: left for decoders, right for encoders. Default: as the tokenizer's config says, or left. */
  readonly side?: "left" | "right";
  /** What fills up. Default: the tokenizer's padding token, or its end-of-sequence token. */
  readonly padTokenId?: number;
}

/** Options of {@link Tokenizer.decode}. */
export interface DecodeOptions {
  /** Leaves out special tokens. Default false. */
  readonly skipSpecialTokens?: boolean;
}

/** Special tokens that a tokenizer's config names, and that chat templates read. */
const SPECIALS = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/**
 * Text to token ids and back, as a tokenizer.json says.
 *
 * A tokenizer.json may hold regular expressions, and JavaScript runs them: one that was made to take long takes long. Use
 * files of people whom you trust, or tokenize in a worker that you can end.
 */
export class Tokenizer {
  static {
    showAsText(this, (own) => `Tokenizer of ${own.#vocabulary.size} tokens`);
  }

  readonly #vocabulary: Vocabulary;
  readonly #decode: (tokens: readonly string[]) => string;
  readonly #encoder: Encoder;
  readonly #postProcessors: readonly PostProcessor[];
  readonly #json: JsonObject;
  readonly #settings: JsonObject;
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
      this.#vocabulary = new Vocabulary(checked);
      this.#encoder = new Encoder(checked, this.#vocabulary.ownIdOf);
      this.#decode = decoderOf(checked["decoder"]);
      this.#postProcessors = postProcessorsOf(checked["post_processor"]);
      this.#json = checked;
      this.#settings = settings;
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

  /**
   * Tokens of a text, with where each stands in it, and with the special tokens that tokenizer.json adds.
   *
   * @throws UsageError `TEXT_UNKNOWN` for words that the vocabulary lacks, where there is no unknown token.
   *
   * @example
   * using model = await GPT2.fromPretrained("./ioi-tiny");
   * const { ids, offsets } = model.tokenizer.encode("When Mary");
   * ids; // => [40, 26]
   * offsets; // => [[0, 4], [5, 9]]
   */
  encode(text: string, { pair, addSpecialTokens = true }: EncodeOptions = {}): Encoding {
    const sequences = {
      a: this.#encoder.tokens(text),
      b: pair === undefined ? undefined : this.#encoder.tokens(pair),
      texts: [text, pair] as const,
    };
    const all = postProcess(this.#postProcessors, sequences, addSpecialTokens);
    const ids = all.map((each) => {
      const id = each.id ?? this.#unknownId;
      if (id === undefined) throw textUnknown(each.sequence === 1 ? (pair ?? text) : text, [each.token]);
      return id;
    });
    return {
      ids,
      tokens: all.map((each) => each.token),
      offsets: all.map((each) => each.span),
      specialTokensMask: all.map((each) => (each.isAdded ? 1 : 0)),
      typeIds: all.map((each) => each.typeId),
      sequenceIds: all.map((each) => each.sequence),
    };
  }

  /**
   * Tokens of several texts, or of pairs of texts, made equally long, with a mask that is 0 where a token only fills up.
   *
   * @throws UsageError `NO_PAD` when texts differ in length and there is no token to fill up with; else as
   * {@link Tokenizer.encode}.
   */
  encodeBatch(
    texts: readonly (string | readonly [string, string])[],
    { side, padTokenId, ...options }: EncodeBatchOptions = {},
  ): PaddedBatch {
    const encodings = texts.map((each) =>
      typeof each === "string"
        ? this.encode(each, options)
        : this.encode(each[0], { ...options, pair: each[1] }),
    );
    const isEqual = encodings.every(({ ids }) => ids.length === encodings[0]?.ids.length);
    const filling = padTokenId ?? this.padTokenId ?? this.eosTokenId;
    if (filling === undefined && !isEqual) throw noPad(encodings.map(({ ids }) => ids.length));
    const configured = this.#settings["padding_side"] === "right" ? "right" : "left";
    return padRows(encodings, filling ?? 0, side ?? configured);
  }

  /**
   * The text that the tokenizer's chat template makes of a conversation. Encode it with `addSpecialTokens: false`: the
   * template writes them.
   *
   * @throws UsageError `NO_CHAT_TEMPLATE`, `CHAT_TEMPLATE` when the template refuses.
   */
  chat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    const name = options.template ?? "default";
    const template = templateText(this.#settings["chat_template"], name);
    if (template === undefined) throw noChatTemplate(name);
    const specials = Object.fromEntries(
      SPECIALS.flatMap((key) => {
        const text = tokenText(this.#settings[key]);
        return text === undefined ? [] : [[key, text]];
      }),
    );
    try {
      return renderChat(template, messages, options, specials);
    } catch (cause) {
      throw chatTemplate(cause);
    }
  }

  /** Id of the token that ends a sequence, if there is one. */
  get eosTokenId(): number | undefined {
    return this.#idOf(tokenText(this.#settings["eos_token"]));
  }

  /** Id of the token that fills up shorter texts, if there is one. */
  get padTokenId(): number | undefined {
    return this.#idOf(tokenText(this.#settings["pad_token"]));
  }

  /** Whether there is a token with an id: models may have more rows than their tokenizers have tokens. */
  has(id: number): boolean {
    return this.#vocabulary.tokenOf(id) !== undefined;
  }

  /**
   * Text of one token, as it stands in a text: `" Mary"` where the space belongs to the token.
   *
   * @throws UsageError `TOKEN_UNKNOWN` where there is none; {@link Tokenizer.has} asks.
   */
  label(id: number): string {
    if (!this.has(id)) throw tokenUnknown(id);
    return this.decode([id]);
  }

  /**
   * Text of token ids, special tokens included, unless they are to be left out. Ids that no token has are left out, as by
   * Hugging Face's tokenizers: models may have more rows than their tokenizers have tokens.
   *
   * @throws UsageError `TOKEN_UNKNOWN` for what is no id: a negative number, or a fraction.
   */
  decode(ids: Iterable<number>, { skipSpecialTokens = false }: DecodeOptions = {}): string {
    const special = new Set(
      skipSpecialTokens
        ? this.#encoder.added.filter((each) => each.isSpecial).map((each) => each.content)
        : [],
    );
    const tokens = [...ids].flatMap((id) => {
      if (!Number.isSafeInteger(id) || id < 0) throw tokenUnknown(id);
      const token = this.#encoder.textOf(id) ?? this.#vocabulary.tokenOf(id);
      return token === undefined || special.has(token) ? [] : [token];
    });
    if (tokens.length === 0) return "";
    return this.#decode(tokens);
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
    const placed = this.#encoder.tokens(text);
    const isUnknown = this.#unknownIn(text);
    const stands = isUnknownAllowed ? this.#unknownId : undefined;
    if (stands === undefined && placed.some(isUnknown)) throw textUnknown(text, this.#unknownWords(text));
    // Where a token is unknown, the unknown token has an id, or the line above has thrown.
    return placed.map((each) => (isUnknown(each) ? (stands as number) : (each.id as number)));
  }

  // Some models leave a word that is not in the vocabulary as it is, some put the unknown token there.
  #unknownIn(text: string): (placed: PlacedToken) => boolean {
    const isLiteral = this.#unknown !== undefined && text.includes(this.#unknown);
    return ({ id, token }) => id === undefined || (token === this.#unknown && !isLiteral);
  }

  #unknownWords(text: string): string[] {
    const words = text.split(/\s+/).filter((word) => {
      return this.#encoder.tokens(word).some(this.#unknownIn(word));
    });
    return words.length > 0 ? [...new Set(words)] : [text];
  }

  /** Unigram models give the unknown token's place in their list, others its text. */
  get #unknownId(): number | undefined {
    const id = asObject(this.#json["model"], '"model"')["unk_id"];
    return typeof id === "number" ? id : this.#idOf(this.#unknown);
  }

  #idOf(token: string | undefined): number | undefined {
    return token === undefined ? undefined : this.#vocabulary.idOf(token);
  }
}
