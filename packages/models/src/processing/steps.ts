import type { ProcessingStep } from "./step.ts";
import { centerUnembed } from "./steps/center-unembed.ts";
import { centerWritingWeights } from "./steps/center-writing-weights.ts";
import { foldLayerNorm } from "./steps/fold-layer-norm.ts";
import { foldValueBiases } from "./steps/fold-value-biases.ts";
import { refactorAttentionMatrices } from "./steps/refactor-attention-matrices.ts";

/** Every step of weight processing, in the order in which they are done. */
export const PROCESSING_STEPS: readonly ProcessingStep[] = [
  foldLayerNorm,
  centerWritingWeights,
  centerUnembed,
  foldValueBiases,
  refactorAttentionMatrices,
];
