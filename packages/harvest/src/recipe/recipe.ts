import type { Direction, Hookable, Pattern } from "@hookdict/core";
import type { HookingContext, HookingContextFactory } from "@hookdict/contexts";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";

/** Rows of the data set, as the model is given them. **Ownership:** all are borrowed. */
export interface HarvestBatch {
  /** int32 `[rows, context]`. */
  readonly tokens: Tensor2D;
  /** int32 `[rows, context]`: 1 at tokens, 0 at padding. Only where the data set has a document in each row. */
  readonly mask: Tensor2D | undefined;
  /** Number of the first row in the data set. */
  readonly firstRow: number;
}

/** Which features of a position are kept: the `topK` largest that are above 0, or all above a number. */
export type KeptFeatures = { readonly topK: number } | { readonly above: number };

/** Features of a site, stored sparsely: most of them are 0. */
export interface FeatureRecipe {
  /**
   * Features of the site's values `[rows, context, ...]`: float32 `[rows, context, features]`. Default: the values
   * themselves, where the site gives features (a sparse autoencoder that is spliced in).
   * **Ownership:** borrows; returns owned, or belonging to the scope.
   */
  readonly encode?: (values: Tensor) => Tensor;
  readonly keep: KeptFeatures;
}

/** Element types of stored activations. */
export type HarvestDtype = "float16" | "bfloat16" | "float32";

/**
 * What is harvested, of which model. A worker loads it from a file of its own whose hash the plan holds; queue and store
 * give it no code.
 */
export interface Recipe<M extends Hookable = Hookable> {
  /** Loads the backend and the model; called once in each process. **Ownership:** returns owned: disposed at the end. */
  readonly open: () => M | Promise<M>;
  /** Files or folders of the model, from the recipe's folder: the plan holds their hashes, and each process checks them. */
  readonly files?: string | readonly string[];
  /** Which sites are stored densely. The forward pass ends after the last one. */
  readonly sites?: Pattern;
  /** Default `["fwd"]`. Backward directions need `loss`. */
  readonly directions?: readonly Direction[];
  /** Contexts that stand on the model meanwhile, first to last: a harvest under an intervention. */
  readonly context?: (model: M) => readonly HookingContextFactory<HookingContext>[];
  /** A float32 scalar of the model's output, whose gradient is harvested. */
  readonly loss?: (output: never, batch: HarvestBatch) => Tensor;
  /** What the model is called with. Default `[batch.tokens]`. */
  readonly inputs?: (batch: HarvestBatch) => readonly unknown[];
  /** Features by path of the site that they are made of. */
  readonly features?: Readonly<Record<string, FeatureRecipe>>;
  /** How activations are stored. Default `"float16"`. */
  readonly dtype?: HarvestDtype;
}
