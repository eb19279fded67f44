import { checkArgument } from "@hookdict/tensordict";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { noTokenizer, tokenizerForeign } from "../errors.ts";
import type { Tokenizer, TokenizeOptions } from "../tokenizer.ts";
import { tokenTensor } from "../tokens.ts";
import type { ModelWarning } from "../warnings.ts";
import { cacheModel } from "./cache-errors.ts";
import { NamedWeights } from "./named-weights.ts";
import type { StepCache } from "./step-cache.ts";
import type { ModelWeights } from "./weights.ts";

/** What all models that read tokens have besides their run: weights, warnings, and the tokenizer that came with them. */
export abstract class TokenModel<C extends StepCache = StepCache> extends NamedWeights {
  abstract readonly config: { readonly dVocab: number };
  readonly #weights: ModelWeights;
  readonly #tokenizer: Tokenizer | undefined;
  /** What the next run goes on from. */
  #cache: C | undefined;

  /** **Ownership:** *takes* the weights. */
  constructor(weights: ModelWeights, tokenizer: Tokenizer | undefined) {
    super();
    this.#weights = weights;
    this.#tokenizer = tokenizer;
  }

  get weights(): ModelWeights {
    return this.#weights;
  }

  /** What was found when the model was loaded, and may not be what was meant; see `modelEvents`. */
  get warnings(): readonly ModelWarning[] {
    return this.#weights.warnings;
  }

  /**
   * Tokens of one text, or of several that are equally long.
   *
   * **Ownership:** *returns owned* int32 `[batch, pos]`.
   *
   * @throws UsageError `NO_TOKENIZER`, `NO_BOS`, `TEXT_UNKNOWN`, `TEXTS_LENGTHS`, `TOKENIZER_FOREIGN`.
   */
  tokens(texts: string | readonly string[], options: TokenizeOptions = {}): Tensor2D {
    const all = typeof texts === "string" ? [texts] : texts;
    checkArgument("tokens", "texts", all, "a list of texts");
    checkArgument("tokens", "options", options, "a record");
    const { dVocab } = this.config;
    const rows = all.map((text) => this.tokenIds(text, options));
    const foreign = rows.flat().find((id) => id >= dVocab);
    if (foreign !== undefined) throw tokenizerForeign(foreign, this.tokenizer.label(foreign), dVocab);
    return tokenTensor(rows, dVocab);
  }

  /**
   * Token ids of a text; errors as those of {@link TokenModel.tokens}.
   *
   * @example
   * using model = await GPT2.fromPretrained("./ioi-tiny");
   * model.tokenIds("When Mary").length; // => 3
   */
  tokenIds(text: string, options: TokenizeOptions = {}): number[] {
    return this.tokenizer.ids(text, options);
  }

  /**
   * Texts of a text's tokens, to label axes with.
   *
   * @example
   * using model = await GPT2.fromPretrained("./ioi-tiny");
   * model.tokenLabels("When Mary"); // => ["<|endoftext|>", "When", "Mary"]
   */
  tokenLabels(text: string, options: TokenizeOptions = {}): string[] {
    return this.tokenIds(text, options).map((id) => this.tokenizer.label(id));
  }

  /** The id of a text that is one token; @throws UsageError `NOT_SINGLE_TOKEN`, `TEXT_UNKNOWN`, `NO_TOKENIZER`. */
  singleToken(text: string): number {
    return this.tokenizer.single(text);
  }

  /** Text of token ids, without those that the tokenizer has no token for; @throws UsageError `NO_TOKENIZER`, `TOKEN_UNKNOWN`. */
  decode(ids: Iterable<number>): string {
    return this.tokenizer.decode(ids);
  }

  /** The tokenizer that came with the model; @throws UsageError `NO_TOKENIZER` when none did. */
  get tokenizer(): Tokenizer {
    if (this.#tokenizer === undefined) throw noTokenizer();
    return this.#tokenizer;
  }

  /**
   * A cache of this model's, for {@link TokenModel.withCache}. **Ownership:** *returns owned*.
   *
   * @throws UsageError `CACHE_MODEL` where the model is no decoder.
   */
  abstract newCache(): C;

  /**
   * Runs `fn`, in which runs of this model, hooked or not, go on from a cache: each computes the tokens that it is given
   * alone, at the positions that follow those stored, and stores its own. A mask is that of the given tokens.
   *
   * @param cache None: `undefined`.
   * @throws What `fn` throws; UsageError `CACHE_MODEL`; from runs what the cache says. `fn` must not be asynchronous.
   * @example no-run
   * using cache = model.newCache();
   * const logits = model.withCache(cache, () => hooked.call(tokens));
   */
  withCache<T>(cache: C | undefined, fn: () => T): T {
    if (cache !== undefined && typeof (cache as Partial<StepCache> | null)?.canExtend !== "function")
      throw cacheModel("is none");
    checkArgument("withCache", "fn", fn, "a function");
    const outer = this.#cache;
    this.#cache = cache;
    try {
      return fn();
    } finally {
      this.#cache = outer;
    }
  }

  /** What the run under way goes on from. */
  protected get currentCache(): C | undefined {
    return this.#cache;
  }

  /** Frees the weights. Twice is nothing. */
  dispose(): void {
    this.disposeNamed();
    this.#weights.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
