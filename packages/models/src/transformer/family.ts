import type { TransformerConfig } from "./config.ts";
import type { Fields } from "./fields.ts";
import type { TensorSpec } from "./specs.ts";

/** A family of models: how its config.json is read, and what its checkpoints consist of. One file each in `families`. */
export interface Family {
  /** Values of `model_type` that are this family. */
  readonly modelTypes: readonly string[];
  /** @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`. */
  config(fields: Fields): TransformerConfig;
  /** Every tensor of a checkpoint, by its name with prefix. */
  tensors(config: TransformerConfig): readonly TensorSpec[];
  /** What the names of tensors begin with, which checkpoints of the bare model lack. */
  readonly prefix: string;
  /** Tensors that checkpoints carry along and results do not depend on. */
  readonly ignored?: RegExp;
}
