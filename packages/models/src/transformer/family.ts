import type { TransformerConfig } from "./config.ts";
import type { ConfigFields } from "./fields.ts";
import type { TensorSpec } from "./specs.ts";

/** A family of models: how its config.json is read, and which tensors its checkpoints have. */
export interface Family {
  /** Values of `model_type` in config.json. */
  readonly modelTypes: readonly string[];
  /** @throws FormatError `CONFIG_FIELD`, `CONFIG_UNSUPPORTED`. */
  config(fields: ConfigFields): TransformerConfig;
  /** Every tensor that a checkpoint of this config has. */
  tensors(config: TransformerConfig): readonly TensorSpec[];
  /** What names may lack, in checkpoints of the bare model. */
  readonly prefix?: string;
  /** Names of tensors that are passed over. */
  readonly ignored?: RegExp;
}
