import { HookPoint, Module } from "@hookdict/core";
import { add, clone, tensor2d, tidy, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { modelDisposed, noDecoderTokens, noTokenizer } from "../errors.ts";
import type { Tokenizer, TokenizeOptions } from "../tokenizer.ts";
import { checkTokens } from "../tokens.ts";
import type { TransformerBlock } from "./block.ts";
import type { TransformerConfig } from "./config.ts";
import { EncoderEmbed, embedPatches, lookUp, rowAt, widen } from "./embed.ts";
import { finishLogits, headInput, MaskedHead, TransformerUnembed } from "./head.ts";
import { checkPositions, maskRows, positionRows, rowsFrom, type TransformerInput } from "./inputs.ts";
import type { MambaBlock } from "./mamba-block.ts";
import { Norm } from "./norm.ts";
import type { Parameters } from "./parameters.ts";
import { bucketBias, CurrentPass, Pass } from "./pass.ts";
import { layerNumber, makeBlocks, runBlocks } from "./stack.ts";

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };
type Blocks = readonly (TransformerBlock | MambaBlock)[];

/**
 * A transformer of any family, with TransformerLens's hook points. Calling it with int32 tokens `[batch, pos]`, or with
 * texts, gives float32 logits `[batch, pos, dVocab]`; a vision model takes pixels `[batch, channel, height, width]`, an
 * encoder-decoder `{ decoderTokens }` besides.
 *
 * **Ownership:** owns its parameters, until it is disposed. `call` *borrows* its inputs and *returns owned* logits.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `TOKENS_TOO_LONG`, `MODEL_INPUT_SHAPE`; UsageError `TOKEN_RANGE`, `LAYER_RANGE`,
 * `NO_DECODER_TOKENS`, `NO_TOKENIZER`; LifetimeError `MODEL_DISPOSED` from `call`.
 */
export class Transformer extends Module {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly embed: EncoderEmbed | { readonly ln: Norm } | undefined;
  readonly hook_embed: HookPoint | undefined;
  readonly hook_pos_embed: HookPoint | undefined;
  readonly hook_full_embed: HookPoint | undefined;
  readonly encoder: Blocks | undefined;
  readonly encoder_final_ln: Norm | undefined;
  readonly decoder_embed: EncoderEmbed | undefined;
  readonly decoder: Blocks | undefined;
  readonly decoder_final_ln: Norm | undefined;
  readonly blocks: Blocks | undefined;
  readonly ln_final: Norm | undefined;
  readonly mlm_head: MaskedHead | undefined;
  readonly unembed: TransformerUnembed;
  readonly config: TransformerConfig;
  readonly #parameters: Parameters;
  readonly #tokenizer: Tokenizer | undefined;
  readonly #pass = new CurrentPass();

  /** **Ownership:** *takes* the parameters. */
  constructor(config: TransformerConfig, parameters: Parameters, tokenizer?: Tokenizer) {
    super();
    this.config = config;
    this.#parameters = parameters;
    this.#tokenizer = tokenizer;
    const { embed, head, kind } = config;
    const norm = (name: string): Norm => new Norm(config.head.norm ?? config.norm, parameters, name);
    if (embed.isEncoder) this.embed = new EncoderEmbed(embed, parameters, kind === "encoder-decoder" ? "encoder." : "");
    else if (embed.norm !== undefined) this.embed = { ln: new Norm(embed.norm, parameters, "embed.ln") };
    if (!embed.isEncoder) this.hook_embed = new HookPoint(RESIDUAL);
    if (!embed.isEncoder && embed.positions !== undefined) this.hook_pos_embed = new HookPoint(RESIDUAL);
    if (embed.isEncoder) this.hook_full_embed = new HookPoint(RESIDUAL);
    if (config.encoder === undefined) {
      this.blocks = makeBlocks(config, config, parameters, "", this.#pass);
    } else {
      this.encoder = makeBlocks(config, config.encoder, parameters, "encoder.", this.#pass);
      if (config.encoder.finalNorm) this.encoder_final_ln = norm("encoder.ln_final");
      if (embed.isEncoder) this.decoder_embed = new EncoderEmbed(embed, parameters, "decoder.");
      this.decoder = makeBlocks(config, config, parameters, "decoder.", this.#pass);
    }
    if (head.norm !== undefined && config.encoder === undefined) this.ln_final = norm("ln_final");
    if (head.norm !== undefined && config.encoder !== undefined) this.decoder_final_ln = norm("decoder.ln_final");
    if (head.transform !== undefined) this.mlm_head = new MaskedHead(head.transform, parameters);
    this.unembed = new TransformerUnembed(parameters, head.hasBias, kind === "vision");
  }

  override get axes(): readonly string[] {
    return this.unembed.axes;
  }

  override forward(input: Tensor | string | readonly string[], options: TransformerInput = {}): Tensor {
    if (this.#parameters.isDisposed) throw modelDisposed(this.constructor.name);
    return tidy(() => {
      if (typeof input === "string" || Array.isArray(input)) return this.#texts(input, options);
      const given = input as Tensor; // neither a text nor texts
      if (this.config.kind === "vision") return this.#vision(given, options);
      return this.config.encoder === undefined ? this.#single(given, options) : this.#pair(given, options);
    });
  }

  /** The parameters by name, as the parts hold them. **Ownership:** *borrows* them to you. */
  get parameters(): ReadonlyMap<string, Tensor> {
    return this.#parameters.all;
  }

  /** The tokenizer that came with the model; @throws UsageError `NO_TOKENIZER` when none did. */
  get tokenizer(): Tokenizer {
    if (this.#tokenizer === undefined) throw noTokenizer();
    return this.#tokenizer;
  }

  /** Token ids of a text; @throws UsageError `NO_TOKENIZER`, `NO_BOS`, `TEXT_UNKNOWN`. */
  tokenIds(text: string, options: TokenizeOptions = {}): number[] {
    return this.tokenizer.ids(text, options);
  }

  /** Frees the parameters. Twice is nothing. */
  dispose(): void {
    this.#parameters.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Texts become tokens; shorter ones are padded, left for decoders and right for encoders. */
  #texts(input: string | readonly string[], options: TransformerInput): Tensor {
    const texts = typeof input === "string" ? [input] : input;
    const rows = texts.map((text) =>
      this.tokenIds(text, { prependBos: this.tokenizer.bosTokenId !== undefined }),
    );
    const longest = Math.max(1, ...rows.map((row) => row.length));
    const isLeft = this.config.kind === "decoder" || this.config.kind === "recurrent";
    const pad = (row: readonly number[], value: number): number[] => {
      const rest = Array.from({ length: longest - row.length }, () => value);
      return isLeft ? [...rest, ...row] : [...row, ...rest];
    };
    const ids = rows.map((row) => pad(row, this.config.padTokenId ?? 0));
    const attentionMask = rows.map((row) => pad(Array.from(row, () => 1), 0));
    return this.forward(tensor2d(ids, undefined, "int32"), { attentionMask, ...options });
  }

  #single(input: Tensor, options: TransformerInput): Tensor {
    const { nLayers } = this.config;
    const start = layerNumber("startAtLayer", options.startAtLayer, 0, nLayers);
    const stop = layerNumber("stopAtLayer", options.stopAtLayer, nLayers, nLayers);
    const isResidual = options.startAtLayer !== undefined;
    if (!isResidual) checkTokens(input, this.config.dVocab, Infinity);
    const shape = [input.shape[0] ?? 1, input.shape[1] ?? 1] as const;
    const mask = maskRows(options.attentionMask, shape);
    const { positions: table } = this.config.embed;
    const isById = table?.fromIds !== undefined && options.positions === undefined && !isResidual;
    const positions = isById
      ? positionsById(input, table.fromIds ?? 0, table.offset)
      : (rowsFrom("positions", options.positions, shape) ?? positionRows(mask, shape[1]));
    checkPositions(positions, this.config.nPositions);
    using pass = new Pass({ positions, pos: shape[1], mask, isCausal: this.config.isCausal, store: options.store });
    return this.#pass.during(pass, () => {
      const residual = isResidual ? clone(input) : this.#embedded(input as Tensor2D, positions, options); // checked
      const blocks = this.blocks ?? [];
      const stream = runBlocks(blocks, residual, start, stop);
      return options.stopAtLayer === undefined ? this.#logits(stream) : stream;
    });
  }

  #embedded(
    tokens: Tensor2D,
    positions: readonly (readonly number[])[],
    { tokenTypes }: TransformerInput,
  ): Tensor {
    const input = { tokens, positions, tokenTypes };
    if (this.embed instanceof EncoderEmbed) {
      const full = this.embed.call(input);
      return this.hook_full_embed?.call(full) ?? full;
    }
    const found = lookUp(this.config.embed, this.#parameters, "", input);
    const ln = this.embed?.ln;
    // Bloom's embedding is normalised before it is seen; a narrow one is seen before it is widened.
    const words = ln === undefined ? found.words : ln.call(found.words);
    const seen = this.hook_embed?.call(words) ?? words;
    const wide = widen(this.config.embed, this.#parameters, seen);
    if (found.positions === undefined) return wide;
    return add(wide, this.hook_pos_embed?.call(found.positions) ?? found.positions);
  }

  #logits(stream: Tensor): Tensor {
    const normed = this.ln_final?.call(stream) ?? this.decoder_final_ln?.call(stream) ?? stream;
    const masked = this.mlm_head?.call(normed) ?? normed;
    const logits = this.unembed.call(headInput(this.config, this.#parameters, masked));
    return finishLogits(this.config.head, logits);
  }

  #vision(pixels: Tensor, options: TransformerInput): Tensor {
    const { patches, nLayers } = this.config;
    if (patches === undefined) throw new TypeError("no patches"); // vision configs have them
    const embedded = embedPatches(pixels, patches, this.#parameters);
    const residual = this.hook_embed?.call(embedded) ?? embedded;
    const pos = residual.shape[1] ?? 1;
    using pass = new Pass({ positions: positionRows(undefined, pos), pos, mask: undefined, isCausal: false });
    return this.#pass.during(pass, () => {
      const stop = layerNumber("stopAtLayer", options.stopAtLayer, nLayers, nLayers);
      const stream = runBlocks(this.blocks ?? [], residual, 0, stop);
      if (options.stopAtLayer !== undefined) return stream;
      const normed = this.ln_final?.call(stream) ?? stream;
      return this.unembed.call(rowAt(normed, 0));
    });
  }

  #pair(tokens: Tensor, options: TransformerInput): Tensor {
    const { encoder, dVocab, nPositions, attention } = this.config;
    const { decoderTokens } = options;
    if (encoder === undefined || decoderTokens === undefined) throw noDecoderTokens();
    checkTokens(tokens, dVocab, nPositions ?? Infinity);
    checkTokens(decoderTokens, dVocab, nPositions ?? Infinity);
    const [batch, pos] = tokens.shape;
    const mask = maskRows(options.attentionMask, [batch, pos]);
    // Both stacks count slots: their padding stands right.
    using own = new Pass({ positions: positionRows(undefined, pos), pos, mask, isCausal: false });
    if (encoder.attention.buckets !== undefined) {
      own.bias = bucketBias(this.#parameters.get("encoder.rel_pos_bias"), encoder.attention.buckets, pos, false);
    }
    const embedded = (embed: EncoderEmbed | undefined, ids: Tensor2D): Tensor => {
      const input = { tokens: ids, positions: positionRows(undefined, ids.shape[1]), tokenTypes: undefined };
      if (embed !== undefined) return embed.call(input);
      const { words } = lookUp(this.config.embed, this.#parameters, "", input);
      return this.hook_embed?.call(words) ?? words;
    };
    const encoded = this.#pass.during(own, () => {
      const full = embedded(this.embed instanceof EncoderEmbed ? this.embed : undefined, tokens);
      const stream = runBlocks(this.encoder ?? [], this.hook_full_embed?.call(full) ?? full, 0, Infinity);
      return this.encoder_final_ln?.call(stream) ?? stream;
    });
    const length = decoderTokens.shape[1];
    using pass = new Pass(
      { positions: positionRows(undefined, length), pos: length, mask: undefined, isCausal: true, store: options.store },
      { values: encoded, pass: own },
    );
    if (attention.buckets !== undefined) {
      pass.bias = bucketBias(this.#parameters.get("decoder.rel_pos_bias"), attention.buckets, length, true);
    }
    return this.#pass.during(pass, () => {
      const stream = runBlocks(this.decoder ?? [], embedded(this.decoder_embed, decoderTokens), 0, Infinity);
      return this.#logits(stream);
    });
  }
}

/** Positions that count the ids which are not padding; padding has the position before the first. */
function positionsById(tokens: Tensor, pad: number, offset: number): number[][] {
  const [batch = 1, pos = 1] = tokens.shape;
  const ids = tokens.dataSync();
  return Array.from({ length: batch }, (_, row) => {
    let count = 0;
    return Array.from({ length: pos }, (_unused, at) =>
      ids[row * pos + at] === pad ? pad - offset : count++,
    );
  });
}
