import { HookPoint, Module } from "@hookdict/core";
import { add, concat, gather, mul, reshape, tensor1d, tensor2d, tidy, tile, transpose, zeros, type Tensor, type Tensor1D, type Tensor2D } from "@tensorflow/tfjs-core";
import { linear, linearTransposed } from "../ops/linear.ts";
import { embedRows } from "../ops/rows.ts";
import type { EmbedConfig, PatchConfig } from "./config.ts";
import { Norm } from "./norm.ts";
import type { Parameters } from "./parameters.ts";

const RESIDUAL = { axes: ["batch", "pos", "dModel"] };

/** What an embedding reads besides the tokens. */
export interface EmbedInput {
  readonly tokens: Tensor2D;
  /** Rows of the table of positions, `[batch or 1][pos]`. */
  readonly positions: readonly (readonly number[])[];
  readonly tokenTypes: Tensor2D | undefined;
}

/** Tokens, positions and token types as vectors. */
export interface Embedding {
  readonly words: Tensor;
  readonly positions: Tensor | undefined;
  readonly tokenTypes: Tensor | undefined;
}

/** Rows of the embedding matrices, before anything is added. **Ownership:** *returns owned*. */
export function lookUp(config: EmbedConfig, parameters: Parameters, name: string, input: EmbedInput): Embedding {
  const matrix = parameters.get("W_E") as Tensor2D; // [dVocab, width]
  const rows = embedRows(matrix, input.tokens);
  const words = config.scale === 1 ? rows : mul(rows, config.scale);
  const { positions: table, tokenTypes } = config;
  const [batch, pos] = input.tokens.shape;
  return {
    words,
    positions:
      table === undefined
        ? undefined
        : positionVectors(parameters.get(`${name}W_pos`) as Tensor2D, input.positions, table.offset, batch),
    tokenTypes:
      tokenTypes === 0
        ? undefined
        : embedRows(parameters.get(`${name}W_token_type`) as Tensor2D, input.tokenTypes ?? zeros([batch, pos], "int32")),
  };
}

function positionVectors(
  matrix: Tensor2D,
  positions: readonly (readonly number[])[],
  offset: number,
  batch: number,
): Tensor {
  const ids = positions.map((row) => row.map((at) => at + offset));
  const rows = embedRows(matrix, tensor2d(ids, undefined, "int32"));
  return positions.length === batch ? rows : tile(rows, [batch, 1, 1]);
}

/** `x W + b` to the model's width, where embeddings are narrower. */
export function widen(config: EmbedConfig, parameters: Parameters, x: Tensor): Tensor {
  if (config.projection === undefined) return x;
  const weight = parameters.get("W_embed_in") as Tensor2D; // [width, dModel]
  return linear(x, weight, parameters.bias("b_embed_in", weight.shape[1]) as Tensor1D);
}

/** The embedding of an encoder: words, positions and token types, added, normalised, widened. */
export class EncoderEmbed extends Module {
  readonly hook_embed: HookPoint;
  readonly hook_pos_embed: HookPoint | undefined;
  readonly hook_token_type_embed: HookPoint | undefined;
  readonly ln: Norm | undefined;
  readonly #config: EmbedConfig;
  readonly #parameters: Parameters;
  readonly #name: string;

  /** **Ownership:** *borrows* the parameters. */
  constructor(config: EmbedConfig, parameters: Parameters, name = "") {
    super();
    this.#config = config;
    this.#parameters = parameters;
    this.#name = name;
    const axes = ["batch", "pos", "dEmbed"];
    this.hook_embed = new HookPoint({ axes });
    this.hook_pos_embed = config.positions === undefined ? undefined : new HookPoint({ axes });
    this.hook_token_type_embed = config.tokenTypes === 0 ? undefined : new HookPoint({ axes });
    this.ln = config.norm === undefined ? undefined : new Norm(config.norm, parameters, `${name}embed.ln`, axes);
  }

  override get axes(): readonly string[] {
    return RESIDUAL.axes;
  }

  override forward(input: EmbedInput): Tensor {
    return tidy(() => {
      const { words, positions, tokenTypes } = lookUp(this.#config, this.#parameters, this.#name, input);
      let total = this.hook_embed.call(words);
      if (positions !== undefined) total = add(total, this.hook_pos_embed?.call(positions) ?? positions);
      if (tokenTypes !== undefined) total = add(total, this.hook_token_type_embed?.call(tokenTypes) ?? tokenTypes);
      return widen(this.#config, this.#parameters, this.ln?.call(total) ?? total);
    });
  }
}

/**
 * An image as vectors: a class token, then patches row by row, each with its position.
 *
 * @param pixels `[batch, channel, height, width]`.
 */
export function embedPatches(pixels: Tensor, config: PatchConfig, parameters: Parameters): Tensor {
  const { image, patch, channels } = config;
  const batch = pixels.shape[0] ?? 1;
  const side = image / patch;
  const cut = reshape(pixels, [batch, channels, side, patch, side * patch]);
  const split = reshape(cut, [batch * channels, side, patch, side, patch]);
  // Rank 5: (batch channel), row, y, column, x to (batch channel), row, column, y, x.
  const byPatch = reshape(transpose(split, [0, 1, 3, 2, 4]), [batch, channels, side * side, patch * patch]);
  const rows = reshape(transpose(byPatch, [0, 2, 1, 3]), [batch, side * side, channels * patch * patch]);
  const kernel = parameters.get("kernel"); // [dModel, channel, patch, patch]
  const weight: Tensor2D = reshape(kernel, [kernel.shape[0] ?? 1, -1]);
  const vectors = add(linearTransposed(rows, weight), parameters.get("b_patch"));
  const token = tile(reshape(parameters.get("class_token"), [1, 1, -1]), [batch, 1, 1]);
  return add(concat([token, vectors], 1), reshape(parameters.get("W_pos"), [1, side * side + 1, -1]));
}

/** A row at one position of each batch row, `[batch, dModel]`. */
export function rowAt(x: Tensor, position: number): Tensor {
  const [batch = 1, pos = 1, width = 1] = x.shape;
  const flat = reshape(x, [batch * pos, width]);
  const ids = Int32Array.from({ length: batch }, (_, row) => row * pos + position);
  return gather(flat, tensor1d(ids, "int32"));
}
