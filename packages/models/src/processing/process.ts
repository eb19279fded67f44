import { tidy } from "@tensorflow/tfjs-core";
import type { TransformerConfig } from "../transformer/config.ts";
import type { ModelWeights } from "../transformer/weights.ts";
import { Draft } from "./draft.ts";
import { processingOption, processingUnfit } from "./errors.ts";
import type { ProcessingStep } from "./step.ts";
import { PROCESSING_STEPS } from "./steps.ts";

/** Steps of `Transformer.processed`. What is not named is not done. */
export interface ProcessingOptions {
  /** Gains and biases of norms go into the matrices that read what the norms give. */
  readonly foldLayerNorm?: boolean;
  /** What is written to the residual stream has the mean 0 over its width. */
  readonly centerWritingWeights?: boolean;
  /** Logits have the mean 0 over the vocabulary. */
  readonly centerUnembed?: boolean;
  /** Biases of values become part of the output's bias. */
  readonly foldValueBiases?: boolean;
  /** Heads in the bases of their singular vectors; done only where it is asked for. */
  readonly refactorAttentionMatrices?: boolean;
}

/** **Ownership:** *borrows* the weights; *returns owned* ones. */
export function process(
  config: TransformerConfig,
  weights: ModelWeights,
  options: ProcessingOptions | undefined,
): { readonly config: TransformerConfig; readonly weights: ModelWeights } {
  const steps = options === undefined ? defaults(config) : chosen(config, options);
  const draft = new Draft(config, weights);
  let made = weights;
  tidy(() => {
    for (const step of steps) step.apply(draft);
    made = draft.finish();
  });
  return { config: draft.config, weights: made };
}

function defaults(config: TransformerConfig): ProcessingStep[] {
  return PROCESSING_STEPS.filter((step) => step.isDefault && step.refusal(config) === undefined);
}

function chosen(config: TransformerConfig, options: ProcessingOptions): ProcessingStep[] {
  const known = PROCESSING_STEPS.map(({ name }) => name);
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const [name, value] of Object.entries(given))
    if (!known.includes(name) || (value !== undefined && typeof value !== "boolean"))
      throw processingOption(name, value, known);
  return PROCESSING_STEPS.filter((step) => {
    if (given[step.name] !== true) return false;
    const why = step.refusal(config);
    if (why !== undefined) throw processingUnfit(config.modelType, step.name, why);
    return true;
  });
}
