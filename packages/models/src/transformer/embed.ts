import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  cast,
  cumsum,
  mul,
  notEqual,
  scalar,
  tensor,
  tidy,
  zerosLike,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { embedRows } from "../ops/rows.ts";
import type { EmbedConfig } from "./config.ts";
import { Linear } from "./linear.ts";
import { Norm } from "./norm.ts";
import type { RunHolder, RunState } from "./run-state.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = ["batch", "pos", "dModel"];

/** Where hooks see what the residual stream begins with; decoders have these at their root, encoders in `embed`. */
export interface EmbedPoints {
  /** The embedding, scaled or normalised where the family does so. */
  readonly hook_embed: HookPoint;
  readonly hook_pos_embed: HookPoint | undefined;
  readonly hook_token_type_embed: HookPoint | undefined;
}

/** Points for what the config has, `[batch, pos, dModel]`. */
export function embedPoints(config: EmbedConfig): EmbedPoints {
  const point = (is: boolean): HookPoint | undefined => (is ? new HookPoint({ axes: RESIDUAL }) : undefined);
  return {
    hook_embed: new HookPoint({ axes: RESIDUAL }),
    hook_pos_embed: point(config.positions !== undefined),
    hook_token_type_embed: point(config.types !== undefined),
  };
}

/** Learned positions, or types of tokens: rows of a table, for int32 `[batch, pos]`. */
export class PositionEmbed extends Module {
  /** `[rows, dModel]` */
  readonly weight: Tensor2D;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, name = "embed.positions") {
    super();
    this.weight = weights.get(name);
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  override forward(ids: Tensor2D): Tensor {
    return embedRows(this.weight, ids);
  }
}

/**
 * From tokens to the residual stream: rows of the embedding, scaled, with positions and types of tokens added, normalised
 * and projected, where the family does so.
 */
export class Embed extends Module {
  readonly hook_embed: HookPoint | undefined;
  /** Where `hook_embed` sees all that was added: the rows alone, scaled. */
  readonly hook_word_embed: HookPoint | undefined;
  readonly hook_pos_embed: HookPoint | undefined;
  readonly hook_token_type_embed: HookPoint | undefined;
  readonly ln: Norm | undefined;
  readonly projection: Linear | undefined;
  readonly token_type_embed: PositionEmbed | undefined;
  /** `[dVocab, dEmbed]` */
  readonly weight: Tensor2D;
  readonly #config: EmbedConfig;
  readonly #points: EmbedPoints;
  readonly #run: RunHolder;
  readonly pos_embed: PositionEmbed | undefined;
  readonly #pos_embed: PositionEmbed | undefined;

  /**
   * **Ownership:** *borrows* the weights.
   *
   * @param outside Points that are the whole model's; its own unless given.
   */
  constructor(
    weights: ModelWeights,
    config: EmbedConfig,
    run: RunHolder,
    outside?: EmbedPoints,
    positions?: PositionEmbed,
    path = "embed",
  ) {
    super();
    if (config.positions !== undefined && positions === undefined)
      this.pos_embed = new PositionEmbed(weights, `${path}.positions`);
    this.#pos_embed = positions ?? this.pos_embed;
    this.#points = outside ?? embedPoints(config);
    if (outside === undefined) {
      this.hook_embed = this.#points.hook_embed;
      this.hook_pos_embed = this.#points.hook_pos_embed;
      this.hook_token_type_embed = this.#points.hook_token_type_embed;
    }
    if (config.norm !== undefined) this.ln = new Norm(weights, `${path}.ln`, config.norm);
    if (config.projection !== undefined)
      this.projection = new Linear(weights, `${path}.projection`, RESIDUAL);
    if (config.types !== undefined) this.token_type_embed = new PositionEmbed(weights, `${path}.types`);
    if (config.isHookedAtEnd === true) this.hook_word_embed = new HookPoint({ axes: RESIDUAL });
    this.weight = weights.get(`${path}.weight`);
    this.#config = config;
    this.#run = run;
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  /**
   * @param tokens int32 `[batch, pos]`
   * @param types Of tokens, int32 `[batch, pos]`; all 0 unless given.
   */
  override forward(tokens: Tensor2D, types?: Tensor2D): Tensor {
    // Calls between modules carry tensors alone: hooks could not see what is inside other values.
    const run = this.#run.of(...tokens.shape);
    const { scale, projection } = this.#config;
    const { hook_embed, hook_pos_embed, hook_token_type_embed } = this.#points;
    // Where nothing is added, the point sees what the norm gives.
    const isNormedFirst = hook_pos_embed === undefined && hook_token_type_embed === undefined;
    const isEnd = this.#config.isHookedAtEnd === true;
    return tidy(() => {
      const rows = embedRows(this.weight, tokens);
      let x: Tensor = scale === undefined ? rows : mul(rows, scale);
      if (isNormedFirst && this.ln !== undefined) x = this.ln.call(x);
      x = isEnd ? (this.hook_word_embed?.call(x) ?? x) : hook_embed.call(x);
      if (projection === "before positions" && this.projection !== undefined) x = this.projection.call(x);
      if (hook_token_type_embed !== undefined)
        x = add(x, hook_token_type_embed.call(this.#types(x, tokens, types)));
      if (hook_pos_embed !== undefined) x = add(x, hook_pos_embed.call(this.#positions(x, tokens, run)));
      if (!isNormedFirst && this.ln !== undefined) x = this.ln.call(x);
      if (isEnd) x = hook_embed.call(x);
      return projection === "after norm" && this.projection !== undefined ? this.projection.call(x) : x;
    });
  }

  #positions(x: Tensor, tokens: Tensor2D, run: RunState): Tensor {
    if (this.#pos_embed === undefined) return x;
    const { countsFrom, positions } = this.#config;
    const offset = positions?.offset ?? 0;
    if (countsFrom !== undefined) return this.#pos_embed.call(countTokens(tokens, countsFrom, offset));
    const rows = tensor(
      Int32Array.from(run.positions, (id) => id + offset),
      [run.batch, run.pos],
      "int32",
    );
    return this.#pos_embed.call(rows as Tensor2D);
  }

  #types(x: Tensor, tokens: Tensor2D, types: Tensor2D | undefined): Tensor {
    return this.token_type_embed?.call(types ?? zerosLike(tokens)) ?? x;
  }
}

/** Rows of the table for tokens that are not `pad`, counted from `offset` on; padding has the row before. */
function countTokens(tokens: Tensor2D, pad: number, offset: number): Tensor2D {
  return tidy(() => {
    const isToken = cast(notEqual(tokens, scalar(pad, "int32")), "float32");
    // Counted as floats, which every backend sums; exact up to 2^24.
    return cast(add(mul(cumsum(isToken, 1), isToken), offset - 1), "int32");
  });
}
