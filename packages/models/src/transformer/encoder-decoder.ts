import { atPlace, HookPoint } from "@hookdict/core";
import { mul, tidy, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { modelDisposed } from "../errors.ts";
import { decoderTokensMissing } from "./errors.ts";
import { checkTokens, isText } from "../tokens.ts";
import { Block } from "./block.ts";
import type { EncoderDecoderConfig } from "./config.ts";
import { CrossBlock } from "./cross-block.ts";
import { Embed, embedPoints, PositionEmbed } from "./embed.ts";
import { finishLogits, Unembed } from "./head.ts";
import { type AttentionMask, checkMask, refuseLayers } from "./inputs.ts";
import { Norm } from "./norm.ts";
import { RelativeBias } from "./relative-bias.ts";
import { RunHolder, RunState } from "./run-state.ts";
import { checkPoints } from "./points.ts";
import type { NamedParts } from "./named-weights.ts";
import { TokenModel } from "./token-model.ts";
import { TransformerCache } from "./transformer-cache.ts";
import { lossOfLogits } from "./loss.ts";
import type { LossOptions, ModelOptions } from "./transformer.ts";
import type { ModelWeights } from "./weights.ts";

/** What a run of an encoder and decoder is given besides the encoder's tokens. */
export interface EncoderDecoderInputs {
  /** int32 `[batch, pos]`: what the decoder continues. */
  readonly decoderTokens: Tensor2D;
  /** Of the encoder's tokens, `[batch, src]`; all 1 unless given. */
  readonly attentionMask?: AttentionMask | undefined;
}

/**
 * An encoder, and a decoder that attends to what it gave: T5, BART. Calling it with the encoder's int32 tokens `[batch, src]`
 * and `{ decoderTokens }` (texts, for which it has a tokenizer, may stand in place of the former) gives float32 logits `[batch, pos, dVocab]`. Sites as in TransformerLens: `encoder.N`,
 * `decoder.N`, with `cross_attn`.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* what it is given and *returns owned* logits.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `TOKENS_TOO_LONG`, `MASK_SHAPE`; UsageError `TOKEN_RANGE`, `MASK_VALUES`,
 * `DECODER_TOKENS_MISSING`, `LAYERS_WHOLE`; LifetimeError `MODEL_DISPOSED` from `call`.
 */
export class EncoderDecoder extends TokenModel<TransformerCache> {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly embed: Embed;
  readonly pos_embed: PositionEmbed | RelativeBias | undefined;
  readonly hook_embed: HookPoint;
  readonly hook_pos_embed: HookPoint | undefined;
  readonly encoder: readonly Block[];
  readonly encoder_final_ln: Norm | undefined;
  readonly decoder_embed: Embed;
  readonly decoder_pos_embed: PositionEmbed | RelativeBias | undefined;
  readonly decoder: readonly CrossBlock[];
  readonly decoder_final_ln: Norm | undefined;
  readonly unembed: Unembed;
  override readonly config: EncoderDecoderConfig;
  readonly #weights: ModelWeights;
  readonly #encoding = new RunHolder();
  readonly #decoding = new RunHolder();

  /** **Ownership:** *takes* the weights. */
  constructor(config: EncoderDecoderConfig, weights: ModelWeights, options: ModelOptions = {}) {
    super(weights, options.tokenizer);
    const { embed, encoder, decoder, head } = config;
    const points = checkPoints(options.points, config.modelType, [...encoder, ...decoder]);
    const [outside, inside] = [embedPoints(embed), embedPoints(embed)];
    this.config = config;
    this.#weights = weights;
    this.hook_embed = outside.hook_embed;
    this.hook_pos_embed =
      encoder[0]?.attention.relativeBias === undefined
        ? outside.hook_pos_embed
        : new HookPoint({ axes: ["dest", "src", "head"] });
    const [ours, theirs] = [
      positionsOf(weights, "embed", config, encoder, this.hook_pos_embed),
      positionsOf(weights, "decoder_embed", config, decoder),
    ];
    this.pos_embed = ours;
    this.embed = new Embed(weights, embed, this.#encoding, outside, learned(ours));
    this.encoder = encoder.map(
      (block, i) => new Block(weights, `encoder.${i}`, block, this.#encoding, points, relative(ours)),
    );
    if (head.norm !== undefined) this.encoder_final_ln = new Norm(weights, "encoder_final_ln", head.norm);
    this.decoder_embed = new Embed(weights, embed, this.#decoding, inside, learned(theirs), "decoder_embed");
    this.decoder_pos_embed = theirs;
    this.decoder = decoder.map(
      (block, i) => new CrossBlock(weights, `decoder.${i}`, block, this.#decoding, points, relative(theirs)),
    );
    if (head.norm !== undefined) this.decoder_final_ln = new Norm(weights, "decoder_final_ln", head.norm);
    this.unembed = new Unembed(weights);
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dVocab"];
  }

  override forward(tokens: Tensor | string | readonly string[], inputs: EncoderDecoderInputs): Tensor3D {
    if (this.#weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    if (isText(tokens)) return tidy(() => this.forward(this.tokens(tokens), inputs));
    refuseLayers(this.config.modelType, inputs);
    const decoderTokens: Tensor | undefined = (inputs as Partial<EncoderDecoderInputs> | undefined)
      ?.decoderTokens;
    if (decoderTokens === undefined) throw decoderTokensMissing(this.config.modelType);
    const { dVocab, nPositions, head } = this.config;
    checkTokens(tokens, dVocab, nPositions ?? Infinity);
    const cache = this.currentCache;
    checkTokens(decoderTokens, dVocab, nPositions ?? Infinity, cache?.length);
    const mask = checkMask(inputs.attentionMask, tokens.shape);
    // Learned positions count tokens alone; distances are the same, padded or not.
    const given =
      this.pos_embed instanceof RelativeBias ? stateOf(tokens, mask) : new RunState(...tokens.shape, mask);
    return tidy(() => {
      const source = cache?.cross.source ?? given;
      // With a cache, the first run's encoder serves all.
      const encoded =
        cache?.cross.encoded ??
        this.#encoding.during(source, () => this.withCache(undefined, () => this.#encode(tokens)));
      const compute = (run: RunState): Tensor3D => {
        const decoded = this.#decoding.during(run, () => this.#decode(decoderTokens, encoded));
        const scaled = head.inputScale === undefined ? decoded : mul(decoded, head.inputScale);
        return finishLogits(this.unembed.call(scaled), head) as Tensor3D; // the unembedding keeps the rank of the stream
      };
      if (cache === undefined)
        return atPlace({ firstPosition: 0, firstSource: 0 }, () =>
          compute(stateOf(decoderTokens, undefined, source)),
        );
      const [batch, pos] = decoderTokens.shape;
      const decode = (run: RunState): Tensor3D => {
        if (cache.cross.encoded === undefined) cache.cross.begin(source, encoded);
        return compute(run);
      };
      return this.withCache(undefined, () => cache.during(this, batch, pos, undefined, decode, source));
    });
  }

  /**
   * The cross-entropy of each next token of the decoder's, `[batch, pos - 1]`, or their mean, a scalar.
   *
   * **Ownership:** *borrows* tokens and mask; *returns owned*.
   *
   * @throws UsageError `LOSS_ABSENT` for one position, and as `call`.
   */
  loss(
    tokens: Tensor | string | readonly string[],
    inputs: EncoderDecoderInputs & Pick<LossOptions, "perToken">,
  ): Tensor {
    const { modelType } = this.config;
    const { perToken, ...given } = Object(inputs) as Partial<typeof inputs>; // plain JavaScript gives anything
    if (given.decoderTokens === undefined) throw decoderTokensMissing(modelType);
    const { decoderTokens } = given;
    return tidy(() => {
      const logits = (this as EncoderDecoder).call(tokens, { ...given, decoderTokens });
      return lossOfLogits({ modelType, logits, tokens: decoderTokens, perToken });
    });
  }

  override newCache(): TransformerCache {
    return new TransformerCache(this);
  }

  protected override get namedParts(): NamedParts {
    const { modelType, dModel, dVocab, encoder, decoder } = this.config;
    const layers = [
      ...encoder.map((block, i) => ({ path: `encoder.${i}`, block })),
      ...decoder.map((block, i) => ({ path: `decoder.${i}`, block })),
    ];
    return { modelType, dModel, outputs: dVocab, isRowPerLogit: true, layers };
  }

  #encode(tokens: Tensor2D): Tensor {
    let x: Tensor = this.embed.call(tokens);
    for (const block of this.encoder) x = block.call(x);
    return this.encoder_final_ln?.call(x) ?? x;
  }

  #decode(tokens: Tensor2D, encoded: Tensor): Tensor {
    let x: Tensor = this.decoder_embed.call(tokens);
    for (const block of this.decoder) x = block.call(x, encoded);
    return this.decoder_final_ln?.call(x) ?? x;
  }
}

/** A run whose positions are counted through padding. */
function stateOf(tokens: Tensor2D, mask: ArrayLike<number> | undefined, source?: RunState): RunState {
  const [batch, pos] = tokens.shape;
  const positions = Int32Array.from({ length: batch * pos }, (_, at) => at % pos);
  return new RunState(batch, pos, mask, { positions, ...(source !== undefined && { source }) });
}

function positionsOf(
  weights: ModelWeights,
  path: string,
  { embed }: EncoderDecoderConfig,
  stack: EncoderDecoderConfig["encoder"],
  point?: HookPoint,
): PositionEmbed | RelativeBias | undefined {
  const relativeBias = stack[0]?.attention.relativeBias;
  if (relativeBias !== undefined)
    return new RelativeBias(weights, `${path}.relative_bias`, relativeBias, point);
  return embed.positions === undefined ? undefined : new PositionEmbed(weights, `${path}.positions`);
}

function learned(positions: PositionEmbed | RelativeBias | undefined): PositionEmbed | undefined {
  return positions instanceof PositionEmbed ? positions : undefined;
}

function relative(positions: PositionEmbed | RelativeBias | undefined): RelativeBias | undefined {
  return positions instanceof RelativeBias ? positions : undefined;
}
