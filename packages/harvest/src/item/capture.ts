import {
  compose,
  type HookingContext,
  type HookingContextFactory,
  type HookingContextWithCache,
} from "@hookdict/contexts";
import type { Direction, Hookable, HookedModule, Pattern, Site } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { type TensorDict, tensorsOf } from "@hookdict/tensordict";
import { dispose, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import type { TokenRows } from "../data/tokens.ts";
import type { HarvestBatch, Recipe } from "../recipe/recipe.ts";

/** A model with a recipe's contexts and captures on it. Owns the model. */
export class CapturingModel implements Disposable {
  readonly #recipe: Recipe;
  readonly #model: Hookable;
  readonly #hooked: HookedModule<readonly unknown[], unknown, HookingContext>;
  readonly #caching: HookingContextWithCache;
  readonly #isBackward: boolean;
  /** Every site, in the model's order. */
  readonly sites: readonly Site[];

  private constructor(recipe: Recipe, model: Hookable) {
    this.#recipe = recipe;
    this.#model = model;
    const directions = recipe.directions ?? ["fwd"];
    this.#isBackward = directions.some((direction) => direction.startsWith("bwd"));
    const caching = new ActivationCaching(wantedSites(recipe), {
      directions: captureDirections(recipe, directions),
      stopEarly: !this.#isBackward,
    });
    const parts: HookingContextFactory<HookingContext>[] = [...(recipe.context?.(model) ?? []), caching];
    const hooked = compose(...parts).prepare(model);
    this.sites = hooked.sites; // with those that contexts have brought
    this.#hooked = hooked;
    this.#caching = hooked.context.parts.at(-1) as unknown as HookingContextWithCache; // the caching's, put there last
  }

  /** Opens a recipe's model. When that fails, nothing stays behind. */
  static async open(recipe: Recipe): Promise<CapturingModel> {
    const model = await recipe.open();
    try {
      return new CapturingModel(recipe, model);
    } catch (error) {
      disposeModel(model);
      throw error;
    }
  }

  /**
   * Runs rows through the model. **Ownership:** *returns owned*: keys `[direction, path]`, values whose first axis counts
   * the rows.
   */
  async run(rows: TokenRows, count: number, firstRow: number): Promise<TensorDict> {
    const shape: [number, number] = [count, rows.tokens.length / count];
    const tokens = tensor2d(rows.tokens, shape, "int32");
    const mask = rows.mask && tensor2d(rows.mask, shape, "int32");
    try {
      await this.#call({ tokens, mask, firstRow });
      return this.#caching.takeCache();
    } finally {
      dispose([tokens, ...(mask === undefined ? [] : [mask])]);
    }
  }

  async #call(batch: HarvestBatch): Promise<void> {
    const inputs = this.#recipe.inputs?.(batch) ?? [batch.tokens];
    try {
      const { loss } = this.#recipe;
      if (this.#isBackward && loss !== undefined) {
        this.#hooked.backward(() => loss(this.#hooked.call(...inputs) as never, batch)); // typed where it is given
        return;
      }
      const result = await this.#hooked.tryCallAsync(...inputs);
      if (!result.stopped) dispose(tensorsOf(result.output));
    } catch (error) {
      this.#caching.takeCache().dispose(); // what was captured before
      throw error;
    } finally {
      freeInputs(inputs, batch);
    }
  }

  /** Ends the contexts and frees the model. */
  [Symbol.dispose](): void {
    this.#hooked.dispose();
    disposeModel(this.#model);
  }
}

/** Tensors that a recipe's `inputs` made; those of the batch are freed by who made them. */
function freeInputs(inputs: readonly unknown[], batch: HarvestBatch): void {
  for (const tensor of new Set<Tensor>(inputs.flatMap((input) => tensorsOf(input)))) {
    if (tensor !== batch.tokens && tensor !== batch.mask) tensor.dispose();
  }
}

/** What is stored densely, and what features are made of. */
function wantedSites({ sites, features = {} }: Recipe): Pattern {
  return [...(sites === undefined ? [] : [sites]), ...Object.keys(features)];
}

/** Features are made of what sites give. */
function captureDirections({ features }: Recipe, directions: readonly Direction[]): readonly Direction[] {
  return features === undefined || directions.includes("fwd") ? directions : ["fwd", ...directions];
}

function disposeModel(model: Hookable): void {
  const given: { readonly dispose?: unknown } = model as object;
  if (typeof given.dispose === "function") given.dispose.call(model);
}
