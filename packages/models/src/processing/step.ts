import type { TransformerConfig } from "../transformer/config.ts";
import type { Draft } from "./draft.ts";

/** One way to rewrite weights so that a model computes the same and is easier to read. */
export interface ProcessingStep {
  readonly name: string;
  /** Whether it is done where nothing is asked for. */
  readonly isDefault: boolean;
  /** Why a model cannot have it; `undefined` where it can. */
  refusal(config: TransformerConfig): string | undefined;
  /** Rewrites the draft. **Ownership:** new tensors belong to the scope. */
  apply(draft: Draft): void;
}
