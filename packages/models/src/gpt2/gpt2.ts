import { HookPoint, Module } from "@hookdict/core";
import { type DirectoryLocation, openCheckpoint, openDirectory } from "@hookdict/tensordict/io";
import { add, tidy, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { modelDisposed, noTokenizer } from "../errors.ts";
import { disposeAll } from "../ops/kept.ts";
import { embedRows, positionRows } from "../ops/rows.ts";
import type { Tokenizer, TokenizeOptions } from "../tokenizer.ts";
import { readConfig } from "../read-config.ts";
import { loadTokenizer } from "../tokenizers/load.ts";
import { checkTokens, tokenTensor } from "../tokens.ts";
import { announce, type ModelWarning } from "../warnings.ts";
import { Block, type BlockOptions } from "./block.ts";
import { type GPT2Choices, type GPT2Config, type GPT2Sizes, gpt2Config, parseGPT2Config } from "./config.ts";
import { LayerNorm } from "./layer-norm.ts";
import { CausalMask } from "./mask.ts";
import { randomWeights } from "./random-weights.ts";
import { readWeights } from "./read-weights.ts";
import { Unembed } from "./unembed.ts";
import { assembleWeights, type GPT2Weights, namesOfWeights } from "./weights.ts";

/** Options of {@link GPT2.fromConfig}. */
export interface FromConfigOptions {
  /** Seed of the random weights. Default 0. */
  readonly seed?: number;
  readonly tokenizer?: Tokenizer;
}

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };

/**
 * A GPT-2 language model with TransformerLens's hook points: `hook_embed`, `hook_pos_embed`, the blocks', `ln_final`'s
 * and `unembed`'s. Calling it with int32 tokens `[batch, pos]` gives float32 logits `[batch, pos, dVocab]`.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* the tokens and *returns owned* logits.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `TOKENS_TOO_LONG`, UsageError `TOKEN_RANGE`, LifetimeError `MODEL_DISPOSED` from
 * `call`.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const logits = model.call(model.tokens("When Mary and John went to the"));
 * logits.shape; // => [1, 8, 103]
 */
export class GPT2 extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly hook_embed: HookPoint = new HookPoint(RESIDUAL);
  readonly hook_pos_embed: HookPoint = new HookPoint(RESIDUAL);
  readonly blocks: readonly Block[];
  readonly ln_final: LayerNorm;
  readonly unembed: Unembed;
  readonly config: GPT2Config;
  /** What was found when the model was loaded, and may not be what was meant; see `modelEvents`. */
  readonly warnings: readonly ModelWarning[];
  readonly #weights: GPT2Weights;
  readonly #mask: CausalMask;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #owned: readonly Tensor[];
  #isDisposed = false;

  private constructor(
    config: GPT2Config,
    tensors: ReadonlyMap<string, readonly Tensor[]>,
    tokenizer: Tokenizer | undefined,
    warnings: readonly ModelWarning[] = [],
  ) {
    super();
    this.#mask = new CausalMask(config.nPositions);
    this.config = config;
    this.warnings = Object.freeze([...warnings]);
    this.#tokenizer = tokenizer;
    this.#owned = [...[...tensors.values()].flat(), this.#mask.full];
    this.#weights = assembleWeights(config, tensors);
    this.blocks = this.#weights.blocks.map(
      (weights, layer) => new Block(weights, blockOptions(config, layer, this.#mask)),
    );
    this.ln_final = new LayerNorm(this.#weights.lnFinal, config.epsilon);
    this.unembed = new Unembed(this.#weights.unembedding);
  }

  /**
   * Loads a model from a Hugging Face directory: config.json, weights as safetensors (one file or shards with an index;
   * F32, F16, BF16), and tokenizer.json if there is one. Everything is checked before memory is taken for weights, and
   * every weight is read once. Nothing is downloaded: `location` is where the files are. A file with an `lm_head.weight` that
   * differs from the embedding, though the config ties them, is loaded with it; `warnings` says so.
   *
   * **Ownership:** *returns owned*; dispose it, or use it with `using`. When loading fails, nothing stays behind.
   *
   * @param location A path (Node), a base URL, `File`s, or byte arrays by name.
   * @throws FormatError naming file, field and tensor; `MODEL_NOT_FOUND` for a name in place of a directory.
   *
   * @example
   * using model = await GPT2.fromPretrained("https://example.org/ioi-tiny/");
   */
  static async fromPretrained(location: DirectoryLocation): Promise<GPT2> {
    const directory = openDirectory(location);
    const file = `${directory.name}/config.json`;
    const config = parseGPT2Config(await readConfig(location, directory), file);
    const tokenizer = await loadTokenizer(directory, config.bosTokenId);
    await using store = await openCheckpoint(directory);
    const { tensors, warnings } = await readWeights(store, config);
    const model = new GPT2(config, tensors, tokenizer, warnings);
    announce(warnings);
    return model;
  }

  /**
   * A model with random weights, for benchmarks and tests.
   *
   * **Ownership:** *returns owned*.
   *
   * @throws FormatError `CONFIG_FIELD` for sizes that do not fit together.
   *
   * @example
   * using model = GPT2.fromConfig({ nLayers: 2, nHeads: 2, dModel: 8, dVocab: 11, nPositions: 5 }, { seed: 1 });
   */
  static fromConfig(sizes: GPT2Sizes & GPT2Choices, options: FromConfigOptions = {}): GPT2 {
    const config = gpt2Config(sizes);
    return new GPT2(config, randomWeights(config, options.seed ?? 0), options.tokenizer);
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dVocab"];
  }

  override forward(tokens: Tensor): Tensor3D {
    if (this.#isDisposed) throw modelDisposed(this.constructor.name);
    checkTokens(tokens, this.config.dVocab, this.config.nPositions);
    return tidy(() => {
      this.#mask.of(tokens.shape[1]);
      let residual: Tensor = this.#embed(tokens);
      for (const block of this.blocks) residual = block.call(residual);
      // The unembedding keeps the rank of the residual stream.
      return this.unembed.call(this.ln_final.call(residual)) as Tensor3D;
    });
  }

  /**
   * Tokens of one text, or of several that are equally long.
   *
   * **Ownership:** *returns owned* int32 `[batch, pos]`.
   *
   * @throws UsageError `NO_TOKENIZER`, `NO_BOS`, `TEXT_UNKNOWN`, `TEXTS_LENGTHS`; `TOKEN_RANGE` when the tokenizer has
   * tokens that the model has not.
   *
   * @example
   * using model = await GPT2.fromPretrained("./ioi-tiny");
   * model.tokens("When Mary").shape; // => [1, 3]
   */
  tokens(texts: string | readonly string[], options: TokenizeOptions = {}): Tensor2D {
    const all = typeof texts === "string" ? [texts] : texts;
    return tokenTensor(
      all.map((text) => this.tokenIds(text, options)),
      this.config.dVocab,
    );
  }

  /** Token ids of a text; errors as those of {@link GPT2.tokens}. */
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

  /** Text of token ids; @throws UsageError `NO_TOKENIZER`, `TOKEN_UNKNOWN`. */
  decode(ids: Iterable<number>): string {
    return this.tokenizer.decode(ids);
  }

  /** The tokenizer that came with the model; @throws UsageError `NO_TOKENIZER` when none did. */
  get tokenizer(): Tokenizer {
    if (this.#tokenizer === undefined) throw noTokenizer();
    return this.#tokenizer;
  }

  /** All weights, as the modules hold them. **Ownership:** *borrows* them to you. */
  get weights(): GPT2Weights {
    return this.#weights;
  }

  /** Under the names that other transformers have: `blocks.0.attn.q.weight`. */
  override ownWeights(): object {
    return namesOfWeights(this.#weights);
  }

  /** Frees the weights. Twice is nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    disposeAll(this.#owned);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #embed(tokens: Tensor2D): Tensor {
    const { embedding, positions } = this.#weights;
    const [batch, pos] = tokens.shape;
    const words = this.hook_embed.call(embedRows(embedding, tokens));
    return add(words, this.hook_pos_embed.call(positionRows(positions, batch, pos)));
  }
}

function blockOptions(config: GPT2Config, layer: number, mask: CausalMask): BlockOptions {
  const width = config.scaleAttention ? Math.sqrt(config.dHead) : 1;
  const depth = config.scaleAttentionByLayer ? layer + 1 : 1;
  const { nHeads, epsilon, activation } = config;
  return { nHeads, epsilon, activation, scale: 1 / (width * depth), mask };
}
