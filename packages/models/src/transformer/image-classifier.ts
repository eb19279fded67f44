import { HookPoint, Module } from "@hookdict/core";
import {
  add,
  concat,
  reshape,
  slice,
  tidy,
  tile,
  transpose,
  type Tensor,
  type Tensor2D,
} from "@tensorflow/tfjs-core";
import { modelDisposed } from "../errors.ts";
import { pixelsShape } from "./errors.ts";
import { linear } from "../ops/linear.ts";
import { Block } from "./block.ts";
import type { ImageClassifierConfig } from "./config.ts";
import { NamedWeights, type NamedParts } from "./named-weights.ts";
import { Norm } from "./norm.ts";
import { RunHolder } from "./run-state.ts";
import { checkPoints } from "./points.ts";
import type { ModelOptions } from "./transformer.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = ["batch", "pos", "dModel"];

/** From pixels to the residual stream: a class token, then one position for each patch, row by row. */
export class PatchEmbed extends Module {
  readonly #weights: ModelWeights;
  readonly #config: ImageClassifierConfig;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, config: ImageClassifierConfig) {
    super();
    this.#weights = weights;
    this.#config = config;
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  /** @param pixels float32 `[batch, channel, height, width]` */
  override forward(pixels: Tensor): Tensor {
    const { patch, channels, imageSize, dModel } = this.#config;
    const [batch = 1] = pixels.shape;
    const across = imageSize / patch;
    return tidy(() => {
      const cut = reshape(pixels, [batch, channels, across, patch, across, patch]);
      const rows = reshape(transpose(cut, [0, 2, 4, 1, 3, 5]), [batch, across * across, -1]);
      const patches = linear(rows, this.#weights.get("embed.weight"), this.#weights.get("embed.bias"));
      const first = tile(reshape(this.#weights.get("embed.class"), [1, 1, dModel]), [batch, 1, 1]);
      return add(concat([first, patches], 1), this.#weights.get("embed.positions"));
    });
  }
}

/** From the first position to classes: `hook_in` `[batch, dModel]`, `hook_out` `[batch, class]`. */
export class Classifier extends Module {
  readonly hook_in: HookPoint = new HookPoint({ axes: ["batch", "dModel"] });
  readonly hook_out: HookPoint = new HookPoint({ axes: ["batch", "class"] });
  /** `[dModel, class]` */
  readonly weight: Tensor2D;
  readonly bias: Tensor;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights) {
    super();
    this.weight = weights.get("unembed.weight");
    this.bias = weights.get("unembed.bias");
  }

  override get axes(): readonly string[] {
    return ["batch", "class"];
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => this.hook_out.call(linear(this.hook_in.call(x), this.weight, this.bias as never))); // one axis, as its spec says
  }
}

/**
 * A vision transformer with a head for classes. Calling it with float32 pixels `[batch, channel, height, width]`, normalised
 * as its family's preprocessor does, gives float32 logits `[batch, class]`.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* the pixels and *returns owned* logits.
 *
 * @throws ShapeError `PIXELS_SHAPE`; LifetimeError `MODEL_DISPOSED` from `call`.
 * @see Dosovitskiy et al., https://arxiv.org/abs/2010.11929
 */
export class ImageClassifier extends NamedWeights {
  // Fields in the order in which they run: it is the order in which sites are listed.
  readonly embed: PatchEmbed;
  readonly hook_embed: HookPoint = new HookPoint({ axes: RESIDUAL });
  readonly blocks: readonly Block[];
  readonly ln_final: Norm;
  readonly unembed: Classifier;
  readonly config: ImageClassifierConfig;
  readonly #weights: ModelWeights;

  /** **Ownership:** *takes* the weights. */
  constructor(config: ImageClassifierConfig, weights: ModelWeights, options: ModelOptions = {}) {
    super();
    const points = checkPoints(options.points, config.modelType, config.blocks);
    const run = new RunHolder();
    this.config = config;
    this.#weights = weights;
    this.embed = new PatchEmbed(weights, config);
    this.blocks = config.blocks.map((block, i) => new Block(weights, `blocks.${i}`, block, run, points));
    this.ln_final = new Norm(weights, "ln_final", config.norm);
    this.unembed = new Classifier(weights);
  }

  override get axes(): readonly string[] {
    return ["batch", "class"];
  }

  get weights(): ModelWeights {
    return this.#weights;
  }

  protected override get namedParts(): NamedParts {
    const { modelType, dModel, classes, blocks } = this.config;
    const layers = blocks.map((block, i) => ({ path: `blocks.${i}`, block }));
    return { modelType, dModel, outputs: classes, isRowPerLogit: false, layers };
  }

  override forward(pixels: Tensor): Tensor2D {
    if (this.#weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    const { channels, imageSize, dModel } = this.config;
    const want = [channels, imageSize, imageSize];
    if (pixels.dtype !== "float32" || pixels.shape.slice(1).join() !== want.join() || pixels.size === 0)
      throw pixelsShape(pixels.dtype, pixels.shape, want);
    const [batch = 1] = pixels.shape;
    return tidy(() => {
      let x = this.hook_embed.call(this.embed.call(pixels));
      for (const block of this.blocks) x = block.call(x);
      const first = slice(this.ln_final.call(x), [0, 0, 0], [batch, 1, dModel]);
      return this.unembed.call(reshape(first, [batch, dModel])) as Tensor2D; // two axes go in, two come out
    });
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
