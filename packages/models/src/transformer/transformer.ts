import { needInput } from "./input.ts";
import { checkArgument } from "@hookdict/tensordict";
import { atPlace, HookPoint } from "@hookdict/core";
import { clone, tidy, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { modelDisposed, tokensTooLong } from "../errors.ts";
import type { Tokenizer } from "../tokenizer.ts";
import { checkTokens, isText } from "../tokens.ts";
import { process, type ProcessingOptions } from "../processing/process.ts";
import { Block } from "./block.ts";
import { cacheModel } from "./cache-errors.ts";
import type { CachePrefix } from "./cache-prefix.ts";
import type { TransformerConfig } from "./config.ts";
import { Embed, embedPoints, PositionEmbed } from "./embed.ts";
import { finishLogits, MlmHead, Unembed } from "./head.ts";
import { type AttentionMask, checkMask, checkResidual, layerNumber, outputNumber } from "./inputs.ts";
import { Linear } from "./linear.ts";
import type { NamedParts } from "./named-weights.ts";
import { TokenModel } from "./token-model.ts";
import { lossOf } from "./loss.ts";
import { Norm } from "./norm.ts";
import { checkPoints, type OptInPoint } from "./points.ts";
import type { OutputAt } from "./positions-of-rows.ts";
import { isBare, readPosition } from "./read-position.ts";
import { RunHolder, RunState } from "./run-state.ts";
import { TransformerCache } from "./transformer-cache.ts";
import type { ModelWeights } from "./weights.ts";

/** Options of a model of any kind. */
export interface ModelOptions {
  readonly tokenizer?: Tokenizer | undefined;
  /**
   * Further hook points, which cost memory or time: `"attn.hook_result"`; `"hook_q_input"`, `"hook_k_input"`,
   * `"hook_v_input"` and `"hook_attn_in"`, with which attention reads a copy of the stream for each head; `"hook_mlp_in"`.
   */
  readonly points?: readonly OptInPoint[];
}

/** What a run may be given besides its tokens. */
export interface RunInputs {
  /** All 1 unless given. Padding may stand left or right. */
  readonly attentionMask?: AttentionMask | undefined;
  /** Types of tokens, int32 `[batch, pos]`, for families that have them; all 0 unless given. */
  readonly tokenTypes?: Tensor2D | undefined;
  /** The first layer that runs: the input is then the residual stream before it, `[batch, pos, dModel]`. */
  readonly startAtLayer?: number | undefined;
  /** The layer before which the run ends: the result is then the residual stream. Negative ones count from the end. */
  readonly stopAtLayer?: number | undefined;
  /**
   * The one position whose output is wanted, counted from the first that is given; negative ones count from the end. The last layer that
   * runs then computes the others' keys and values alone, its later parts and the head run there, and the result is `[batch, 1, ...]`.
   */
  readonly outputAt?: number | undefined;
  /**
   * Keys and values of earlier positions, from which the run goes on: the input is what follows them. Nothing is stored, and no cache
   * is asked. **Ownership:** *borrowed*.
   */
  readonly prefix?: CachePrefix | undefined;
}

/** What {@link Transformer.loss} may be given besides tokens. */
export interface LossOptions extends Pick<RunInputs, "attentionMask" | "tokenTypes"> {
  /** Each token's own in place of the mean. */
  readonly perToken?: boolean;
}

/**
 * A transformer of any family, with TransformerLens's hook points. Calling it with int32 tokens `[batch, pos]` gives
 * float32 logits `[batch, pos, dVocab]`; texts, for which it has a tokenizer, may stand in their place, as
 * {@link Transformer.tokens} takes them. Positions are counted from the attention mask, so that every row of a padded
 * batch gives what it gives alone. An encoder without a head (`architectures: ["BertModel"]`) gives its last hidden state,
 * `[batch, pos, dModel]`.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* what it is given and *returns owned* logits.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `TOKENS_TOO_LONG`, `MASK_SHAPE`; `RESIDUAL_SHAPE`; UsageError `TOKEN_RANGE`,
 * `MASK_VALUES`, `LAYER_RANGE`, `OUTPUT_RANGE`; with a cache those of {@link TransformerCache};
 * LifetimeError `MODEL_DISPOSED` from `call`.
 * @example no-run
 * using model = await loadModel("./llama");
 * const logits = model.call(model.tokens("When Mary and John went to the"));
 */
export class Transformer extends TokenModel<TransformerCache> {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly embed: Embed;
  readonly pos_embed: PositionEmbed | undefined;
  readonly hook_embed: HookPoint | undefined;
  readonly hook_pos_embed: HookPoint | undefined;
  readonly hook_token_type_embed: HookPoint | undefined;
  /** In encoders: what the first layer gets. */
  readonly hook_full_embed: HookPoint | undefined;
  readonly blocks: readonly Block[];
  readonly ln_final: Norm | undefined;
  readonly project_out: Linear | undefined;
  readonly mlm_head: MlmHead | undefined;
  readonly unembed: Unembed;
  override readonly config: TransformerConfig;
  readonly #weights: ModelWeights;
  readonly #run = new RunHolder();
  readonly #options: ModelOptions;

  /** **Ownership:** *takes* the weights. */
  constructor(config: TransformerConfig, weights: ModelWeights, options: ModelOptions = {}) {
    super(weights, options.tokenizer);
    const { head } = config;
    const points = checkPoints(options.points, config.modelType, config.blocks);
    // A family that turns some layers has the points in all.
    if (config.blocks.some(({ attention }) => attention.rotary !== undefined)) points.add("attn.hook_rot");
    this.config = config;
    this.#weights = weights;
    this.#options = options;
    if (config.isCausal) {
      const outside = embedPoints(config.embed);
      if (config.embed.positions !== undefined) this.pos_embed = new PositionEmbed(weights);
      this.hook_embed = outside.hook_embed;
      this.hook_pos_embed = outside.hook_pos_embed;
      this.hook_token_type_embed = outside.hook_token_type_embed;
      this.embed = new Embed(weights, config.embed, this.#run, outside, this.pos_embed);
    } else {
      this.embed = new Embed(weights, config.embed, this.#run);
      this.hook_full_embed = new HookPoint({ axes: ["batch", "pos", "dModel"] });
    }
    this.blocks = config.blocks.map(
      (block, i) => new Block(weights, `blocks.${i}`, block, this.#run, points),
    );
    if (head.norm !== undefined) this.ln_final = new Norm(weights, "ln_final", head.norm);
    if (head.isProjected === true)
      this.project_out = new Linear(weights, "project_out", ["batch", "pos", "dEmbed"]);
    if (head.mlm !== undefined) this.mlm_head = new MlmHead(weights, head.mlm);
    this.unembed = new Unembed(weights);
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", this.config.head.isAbsent === true ? "dModel" : "dVocab"];
  }

  override forward(input: Tensor | string | readonly string[], inputs: RunInputs = {}): Tensor3D {
    if (this.#weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    checkArgument(this.config.modelType, "inputs", inputs, "a record");
    if (isText(input)) return tidy(() => this.forward(this.tokens(input), inputs));
    needInput(this.config.modelType, input);
    const count = this.blocks.length;
    const [start, stop] = [
      layerNumber("startAtLayer", inputs.startAtLayer, 0, count),
      layerNumber("stopAtLayer", inputs.stopAtLayer, count, count),
    ];
    const { prefix } = inputs;
    if (prefix !== undefined && typeof (prefix as Partial<CachePrefix> | null)?.during !== "function")
      throw cacheModel("is none");
    const cache = prefix ?? this.currentCache;
    this.#check(input, inputs.startAtLayer !== undefined, cache?.length);
    const [batch = 1, pos = 1] = input.shape;
    const mask = checkMask(inputs.attentionMask, [batch, pos]);
    const canLeaveOut = inputs.outputAt === undefined && !this.#isStopped(inputs);
    const read = readPosition(this, { batch, pos, canLeaveOut, canChooseByRow: cache === undefined });
    const compute = (run: RunState): Tensor3D => this.#compute(input, run, inputs, [start, stop], read);
    if (cache === undefined)
      return atPlace({ firstPosition: 0, firstSource: 0 }, () => compute(new RunState(batch, pos, mask)));
    // What a hook runs of the model meanwhile does not go on from the cache.
    return this.withCache(undefined, () => cache.during(this, batch, pos, mask, compute));
  }

  override newCache(): TransformerCache {
    return new TransformerCache(this);
  }

  #compute(
    input: Tensor,
    run: RunState,
    inputs: RunInputs,
    [start, stop]: readonly [number, number],
    read: OutputAt | undefined,
  ): Tensor3D {
    const isStream = inputs.startAtLayer !== undefined;
    const wanted = outputNumber(inputs.outputAt, run.pos);
    return tidy(() =>
      this.#run.during(run, () => {
        let residual = isStream ? clone(input) : this.#embedded(input as Tensor2D, inputs); // checked before
        const blocks = this.blocks.slice(start, stop);
        for (const block of blocks.slice(0, -1)) residual = block.call(residual);
        // What is left out for a reader must not be missed by a hook.
        const isHeadBare = read !== undefined && this.#isHeadBare;
        const isLastBare = isHeadBare && isBare(blocks.at(-1));
        const last = (): Tensor => blocks.at(-1)?.call(residual) ?? run.wanted(residual);
        residual = run.withOutputAt(wanted ?? (isLastBare ? read : undefined), last);
        const stream =
          isHeadBare && !isLastBare ? run.withOutputAt(read, () => run.wanted(residual)) : residual;
        const result = run.withOutputAt(wanted, () =>
          this.#isStopped(inputs) ? stream : this.#logits(stream),
        );
        const isWhole = read !== undefined && !isHeadBare;
        return (isWhole ? run.withOutputAt(read, () => run.wanted(result)) : result) as Tensor3D; // every step keeps the rank of the stream
      }),
    );
  }

  #check(input: Tensor, isStream: boolean, before = 0): void {
    const { dVocab, nPositions } = this.config;
    if (!isStream) return checkTokens(input, dVocab, nPositions ?? Infinity, before);
    checkResidual(input, this.config.dModel);
    const [, pos = 0] = input.shape;
    if (before + pos > (nPositions ?? Infinity)) throw tokensTooLong(before + pos, nPositions ?? Infinity);
  }

  #embedded(tokens: Tensor2D, { tokenTypes }: RunInputs): Tensor {
    const residual = this.embed.call(tokens, tokenTypes);
    return this.hook_full_embed?.call(residual) ?? residual;
  }

  #isStopped({ stopAtLayer }: RunInputs): boolean {
    return stopAtLayer !== undefined || this.config.head.isAbsent === true;
  }

  /** Whether nobody sees what becomes of the stream behind the blocks. */
  get #isHeadBare(): boolean {
    return [this.ln_final, this.project_out, this.mlm_head, this.unembed].every(isBare);
  }

  #logits(stream: Tensor): Tensor {
    let x = this.ln_final?.call(stream) ?? stream;
    x = this.project_out?.call(x) ?? x;
    x = this.mlm_head?.call(x) ?? x;
    return finishLogits(this.unembed.call(x), this.config.head);
  }

  /**
   * The cross-entropy of every next token: its mean, or each of them. What is padding by the mask counts nothing. The model
   * is called as ever, so hooks and gradients reach it.
   *
   * **Ownership:** *borrows* tokens and mask; *returns owned*: a scalar, or with `perToken` float32 `[batch, pos - 1]`, 0
   * at padding.
   *
   * @param given int32 `[batch, pos]`, or texts as {@link Transformer.tokens} takes them.
   * @throws UsageError `LOSS_ABSENT` for an encoder or a single position; those of `call` and `tokens`.
   * @example no-run
   * const each = model.loss("When Mary and John went to the", { perToken: true });
   */
  loss(given: Tensor2D | string | readonly string[], options: LossOptions = {}): Tensor {
    checkArgument("loss", "options", options, "a record");
    return lossOf(this, given, options);
  }

  /**
   * A model that computes the same with weights that are easier to read, as TransformerLens processes them. Without
   * options all steps are done that this model can have; otherwise those that are named. Probabilities stay the same, and
   * so do logits unless the unembedding is centred.
   *
   * **Ownership:** *returns owned*; this model stays as it is. What did not change shares its memory.
   *
   * @throws UsageError `PROCESSING_UNFIT` where a step would change what the model computes, `PROCESSING_OPTION`;
   * LifetimeError `MODEL_DISPOSED`.
   * @example no-run
   * using folded = model.processed({ foldLayerNorm: true });
   */
  processed(options?: ProcessingOptions): Transformer {
    if (this.#weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    const { config, weights } = process(this.config, this.#weights, options);
    return new Transformer(config, weights, this.#options);
  }

  protected override get namedParts(): NamedParts {
    const { modelType, dModel, dVocab, blocks } = this.config;
    const layers = blocks.map((block, i) => ({ path: `blocks.${i}`, block }));
    return { modelType, dModel, outputs: dVocab, isRowPerLogit: true, layers };
  }
}
