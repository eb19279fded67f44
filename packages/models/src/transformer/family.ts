import type { Module } from "@hookdict/core";
import type { Fields } from "./fields.ts";
import type { TensorSpec } from "./specs.ts";
import type { ModelOptions } from "./transformer.ts";
import type { TransformerConfig } from "./config.ts";
import type { ModelWeights } from "./weights.ts";

/** A family of models: how its config.json is read, and what its checkpoints consist of. One file each in `families`. */
export interface Family<C = TransformerConfig> {
  /** Values of `model_type` that are this family. */
  readonly modelTypes: readonly string[];
  /**
   * What Hugging Face's class has for fields that config.json lacks, where it changes the model. A field that is there and
   * null keeps its own meaning: `sliding_window: null` is no window.
   */
  readonly defaults?: Readonly<Record<string, unknown>>;
  /** @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`. */
  config(fields: Fields): C;
  /** Every tensor of a checkpoint, by its name with prefix. */
  tensors(config: C): readonly TensorSpec[];
  /** What the names of tensors begin with, which checkpoints of the bare model lack. */
  readonly prefix: string;
  /** Tensors that checkpoints carry along and results do not depend on. */
  readonly ignored?: RegExp;
  /** The model, where it is no `Transformer`. **Ownership:** *takes* the weights. */
  make?(config: C, weights: ModelWeights, options: ModelOptions): Module & Disposable;
}
