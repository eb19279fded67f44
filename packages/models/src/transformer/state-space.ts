import { atPlace, HookPoint, Module } from "@hookdict/core";
import { checkArgument } from "@hookdict/tensordict";
import { add, clone, tensor, tidy, type Tensor, type Tensor2D, type Tensor3D } from "@tensorflow/tfjs-core";
import { modelDisposed } from "../errors.ts";
import { embedRows } from "../ops/rows.ts";
import { checkTokens, isText } from "../tokens.ts";
import type { StateSpaceConfig } from "./config.ts";
import { Unembed } from "./head.ts";
import { checkMask, checkResidual, layerNumber, refuseLayers } from "./inputs.ts";
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

/** What a run of a model of states may be given besides tokens. */
export type StateSpaceInputs = Pick<RunInputs, "attentionMask" | "startAtLayer" | "stopAtLayer">;

/**
 * A language model of selective state spaces. Calling it with int32 tokens `[batch, pos]` gives float32 logits
 * `[batch, pos, dVocab]`; texts, for which it has a tokenizer, may stand in their place. With padding on the left a row gives what it gives alone, unless its mixers have biases.
 *
 * **Ownership:** owns its weights, until it is disposed. `call` *borrows* what it is given and *returns owned* logits.
 *
 * @throws ShapeError `TOKENS_SHAPE`, `MASK_SHAPE`, `RESIDUAL_SHAPE`; UsageError `TOKEN_RANGE`, `MASK_VALUES`, `LAYER_RANGE`, `LAYERS_WHOLE`; LifetimeError
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

  override forward(input: Tensor | string | readonly string[], inputs: StateSpaceInputs = {}): Tensor3D {
    const { modelType, dVocab, dModel } = this.config;
    if (this.#weights.isDisposed) throw modelDisposed(`${modelType} model`);
    if (isText(input)) return tidy(() => this.forward(this.tokens(input), inputs));
    refuseLayers(modelType, inputs, ["outputAt"]);
    const count = this.blocks.length;
    const layers = {
      start: layerNumber("startAtLayer", inputs.startAtLayer, 0, count),
      stop: layerNumber("stopAtLayer", inputs.stopAtLayer, count, count),
    };
    if (inputs.startAtLayer === undefined) checkTokens(input, dVocab, Infinity);
    else checkResidual(input, dModel);
    const [batch = 1, pos = 1] = input.shape;
    const mask = checkMask(inputs.attentionMask, [batch, pos]);
    const cache = this.currentCache;
    const compute = (store?: StateStore): Tensor3D => this.#compute(input, mask, store, inputs, layers);
    if (cache === undefined) return atPlace({ firstPosition: 0 }, () => compute());
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

  #compute(
    input: Tensor,
    mask: ArrayLike<number> | undefined,
    store: StateStore | undefined,
    { startAtLayer, stopAtLayer }: StateSpaceInputs,
    { start, stop }: { readonly start: number; readonly stop: number },
  ): Tensor3D {
    const [batch = 1, pos = 1] = input.shape;
    return tidy(() => {
      const kept =
        mask === undefined ? undefined : tensor(Float32Array.from(mask), [batch, pos, 1], "float32");
      return this.#run.during({ mask: kept, store }, () => {
        let x: Tensor =
          startAtLayer === undefined
            ? this.hook_embed.call(this.embed.call(input as Tensor2D)) // tokens, which were checked
            : clone(input);
        for (const block of this.blocks.slice(start, stop)) x = block.call(x);
        const result = stopAtLayer === undefined ? this.unembed.call(this.ln_final.call(x)) : x;
        return result as Tensor3D; // the unembedding keeps the rank of the stream
      });
    });
  }

  protected override get namedParts(): NamedParts {
    const { modelType, dModel, dVocab } = this.config;
    return { modelType, dModel, outputs: dVocab, isRowPerLogit: true, layers: [] };
  }
}
