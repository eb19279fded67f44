export {
  accumulatedBias,
  accumulatedResidual,
  decomposedResidual,
  fullDecomposition,
} from "./residual/decompose.ts";
export { headResults, neuronResults } from "./residual/decompose.ts";
export type {
  AccumulatedBiasOptions,
  AccumulatedOptions,
  DecomposedOptions,
  FullDecompositionOptions,
  HeadResultsOptions,
  NeuronResultsOptions,
} from "./residual/decompose.ts";
export { directLogitAttribution, logitAttributions } from "./residual/attributions.ts";
export type { DirectLogitOptions, LogitAttributionOptions, TokenIds } from "./residual/attributions.ts";
export { logitLens } from "./residual/lens.ts";
export type { LensResult, LogitLensOptions } from "./residual/lens.ts";
export type { StackOptions } from "./residual/options.ts";
export { captureStream, STREAM_SITES } from "./stream/stream-run.ts";
export type { OwnedStreamRun, StreamRun } from "./stream/stream-run.ts";
export type { Labelled, LabelledAxes, Positions } from "./stream/stack.ts";
