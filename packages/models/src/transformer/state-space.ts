import { atPlace, HookPoint, Module } from "@hookdict/core";
import { checkArgument } from "@hookdict/tensordict";
import { add, tensor, tidy, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { modelDisposed } from "../errors.ts";
import { embedRows } from "../ops/rows.ts";
import { checkTokens, isText } from "../tokens.ts";
import type { StateSpaceConfig } from "./config.ts";
import { Unembed } from "./head.ts";
import { checkMask, refuseLayers } from "./inputs.ts";
import { lossOf } from "./loss.ts";
import { Mixer, StateRunHolder } from "./mixer.ts";
import { Norm } from "./norm.ts";
import { checkPoints } from "./points.ts";
import type { NamedParts } from "./named-weights.ts";
import { StateCache, type StateStore } from "./state-cache.ts";
import { TokenModel } from "./token-model.ts";
import type { LossOptions, ModelOptions, RunInputs } from "./transformer.ts";
import type { ModelWeights } from "./weights.ts";

const RESIDUAL = ["batch", "pos", "dModel"];

/** One layer: a norm and a mixer, which adds to the residual stream. */
export class StateSpaceBlock extends Module {
  readonly hook_resid_pre: HookPoint = new HookPoint({ axes: RESIDUAL });
  readonly norm: Norm;
  readonly mixer: Mixer;
  readonly hook_mixer_out: HookPoint = new HookPoint({ axes: RESIDUAL });
  readonly hook_resid_post: HookPoint = new HookPoint({ axes: RESIDUAL });

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights, path: string, config: StateSpaceConfig, run: StateRunHolder) {
    super();
    this.norm = new Norm(weights, `${path}.norm`, config.norm);
    this.mixer = new Mixer(weights, `${path}.mixer`, config, run);
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  override forward(x: Tensor): Tensor {
    return tidy(() => {
      const pre = this.hook_resid_pre.call(x);
      const mixed = this.hook_mixer_out.call(this.mixer.call(this.norm.call(pre)));
      return this.hook_resid_post.call(add(pre, mixed));
    });
  }
}

/** Rows of the embedding for int32 tokens `[batch, pos]`. */
export class TokenEmbed extends Module {
  /** `[dVocab, dModel]` */
  readonly weight: Tensor2D;

  /** **Ownership:** *borrows* the weights. */
  constructor(weights: ModelWeights) {
    super();
    this.weight = weights.get("embed.weight");
  }

  override get axes(): readonly string[] {
    return RESIDUAL;
  }

  override forward(tokens: Tensor2D): Tensor {
    return embedRows(this.weight, tokens);
  }
}

/**
 * A language model of selective state spaces. Calling it with int32 tokens `[batch, pos]` gives float32 logits
 * `[batch, pos, dVocab]`; texts, for which it has a tokenizer, may stand in their place. With padding on the left a row gives what it gives alone, unless its mixers have biases.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* what it is given and *returns owned* logits.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `MASK_SHAPE`; UsageError `TOKEN_RANGE`, `MASK_VALUES`, `LAYERS_WHOLE`; LifetimeError
 * `MODEL_DISPOSED` from `call`.
 */
export class StateSpaceModel extends TokenModel<StateCache> {
  readonly embed: TokenEmbed;
  readonly hook_embed: HookPoint = new HookPoint({ axes: RESIDUAL });
  readonly blocks: readonly StateSpaceBlock[];
  readonly ln_final: Norm;
  readonly unembed: Unembed;
  override readonly config: StateSpaceConfig;
  readonly #weights: ModelWeights;
  readonly #run = new StateRunHolder();

  /** **Ownership:** *takes* the weights. */
  constructor(config: StateSpaceConfig, weights: ModelWeights, options: ModelOptions = {}) {
    super(weights, options.tokenizer);
    checkPoints(options.points, config.modelType, []);
    this.config = config;
    this.#weights = weights;
    this.embed = new TokenEmbed(weights);
    this.blocks = Array.from(
      { length: config.nLayers },
      (_, i) => new StateSpaceBlock(weights, `blocks.${i}`, config, this.#run),
    );
    this.ln_final = new Norm(weights, "ln_final", config.norm);
    this.unembed = new Unembed(weights);
  }

  override get axes(): readonly string[] {
    return ["batch", "pos", "dVocab"];
  }

  override forward(
    tokens: Tensor | string | readonly string[],
    inputs: Pick<RunInputs, "attentionMask"> = {},
  ): Tensor3D {
    if (this.#weights.isDisposed) throw modelDisposed(`${this.config.modelType} model`);
    if (isText(tokens)) return tidy(() => this.forward(this.tokens(tokens), inputs));
    refuseLayers(this.config.modelType, inputs);
    checkTokens(tokens, this.config.dVocab, Infinity);
    const mask = checkMask(inputs.attentionMask, tokens.shape);
    const cache = this.currentCache;
    const compute = (store?: StateStore): Tensor3D => this.#compute(tokens, mask, store);
    if (cache === undefined) return atPlace({ firstPosition: 0 }, () => compute());
    const [batch, pos] = tokens.shape;
    // What a hook runs of the model meanwhile does not go on from the cache.
    return this.withCache(undefined, () => cache.during(this, batch, pos, mask, compute));
  }

  override newCache(): StateCache {
    return new StateCache(this);
  }

  /**
   * The cross-entropy of each next token, as {@link Transformer.loss}.
   *
   * **Ownership:** *borrows* tokens and mask; *returns owned*.
   *
   * @throws UsageError `LOSS_ABSENT` where no token follows another, and as `call`.
   */
  loss(
    given: Tensor2D | string | readonly string[],
    options: Pick<LossOptions, "attentionMask" | "perToken"> = {},
  ): Tensor {
    checkArgument("loss", "options", options, "a record");
    return lossOf(this, given, options);
  }

  #compute(tokens: Tensor2D, mask: ArrayLike<number> | undefined, store: StateStore | undefined): Tensor3D {
    return tidy(() => {
      const kept =
        mask === undefined ? undefined : tensor(Float32Array.from(mask), [...tokens.shape, 1], "float32");
      return this.#run.during({ mask: kept, store }, () => {
        let x = this.hook_embed.call(this.embed.call(tokens));
        for (const block of this.blocks) x = block.call(x);
        return this.unembed.call(this.ln_final.call(x)) as Tensor3D; // the unembedding keeps the rank of the stream
      });
    });
  }

  protected override get namedParts(): NamedParts {
    const { modelType, dModel, dVocab } = this.config;
    return { modelType, dModel, outputs: dVocab, isRowPerLogit: true, layers: [] };
  }
}
