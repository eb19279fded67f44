import { getGradient, registerGradient } from "@tensorflow/tfjs-core";
import { mendedAveragePool } from "./average-pool.ts";
import { mendedGradients } from "./broadcast.ts";
import { constantGradients } from "./constant.ts";
import { cumprodGradient } from "./cumprod.ts";
import { depthToSpaceGradient } from "./depth-to-space.ts";
import { einsumGradient } from "./einsum.ts";
import {
  gatherNdGradient,
  scatterNdGradient,
  sparseToDenseGradient,
  tensorScatterUpdateGradient,
} from "./gather-scatter.ts";
import type { Gradient } from "./gradient.ts";
import { sparseSegmentMeanGradient, sparseSegmentSumGradient } from "./segments.ts";
import { stridedSliceGradient } from "./strided-slice.ts";
import { topKGradient } from "./top-k.ts";

/** What TensorFlow.js 4.22 has no gradient of, of the operations that models use. */
const GRADIENTS: readonly Gradient[] = [
  stridedSliceGradient,
  einsumGradient,
  gatherNdGradient,
  scatterNdGradient,
  tensorScatterUpdateGradient,
  sparseToDenseGradient,
  topKGradient,
  depthToSpaceGradient,
  cumprodGradient,
  sparseSegmentSumGradient,
  sparseSegmentMeanGradient,
  ...constantGradients,
];

/**
 * Registers the gradients that TensorFlow.js lacks, and mends those that are wrong: where an input is broadcast, and of
 * average pooling with padding. Done when
 * hooks come to a bare model, of whatever kind; gradients that somebody else has registered stay.
 */
export function registerGradients(): void {
  for (const gradient of GRADIENTS)
    if (getGradient(gradient.kernelName) === undefined) registerGradient(gradient);
  for (const gradient of [...mendedGradients(), ...mendedAveragePool()]) registerGradient(gradient);
}
