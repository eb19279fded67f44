export { accumulatedResidual, decomposedResidual, fullDecomposition } from "./residual/decompose.ts";
export { headResults, neuronResults } from "./residual/decompose.ts";
export type {
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
export { logitDifference, logProbability, tokenLogit } from "./runs/metric.ts";
export type { Metric, PairTokens, TokenMetricOptions } from "./runs/metric.ts";
export type { AbortSignalLike, WorkOptions } from "./runs/work.ts";
export { SweepPlan } from "./sweep/plan.ts";
export type { SweepPlanData } from "./sweep/plan.ts";
export type { PromptPairs } from "./sweep/prepared.ts";
export type { SweepOptions } from "./sweep/run.ts";
export { PatchingSweep, SweepContext, SweepModule } from "./sweep/sweep.ts";
export type { PatchingSweepOptions } from "./sweep/sweep.ts";
export { PATCH_TABLES, patchTables, TABLE_STACKS } from "./sweep/table.ts";
export type { PatchBasis, PatchTable } from "./sweep/table.ts";
export { stackTables } from "./sweep/stack-tables.ts";
export { ablateHeads } from "./heads/ablate.ts";
export type { AblateHeadsOptions } from "./heads/ablate.ts";
export { detectHeads } from "./heads/detect.ts";
export type { DetectHeadsOptions } from "./heads/detect.ts";
export { DETECTION_PATTERNS } from "./heads/detection-patterns.ts";
export type { DetectionPattern } from "./heads/detection-patterns.ts";
export { pathPatching, pathPatchingAsync } from "./paths/path-patching.ts";
export type { PathPatchingOptions, Receiver } from "./paths/path-patching.ts";
export type { Replacement } from "./sweep/prepared.ts";
export { scoreCircuit, scoreCircuitAsync, scoringPasses } from "./graph/score.ts";
export type { CircuitScores, ScoreOptions } from "./graph/score.ts";
export type { EdgeRuns } from "./graph/edge-runs.ts";
export type { Passes, Scorer, ScorerOptions } from "./graph/scorer.ts";
export { SCORERS } from "./graph/scorers.ts";
export { pruneCircuit } from "./graph/circuit.ts";
export type { Circuit, CircuitEdge, PruneOptions } from "./graph/circuit.ts";
export { strongestPaths } from "./graph/paths.ts";
export type { CircuitPath } from "./graph/paths.ts";
export { faithfulness, faithfulnessAsync, faithfulnessCurve } from "./graph/faithfulness.ts";
export type { Faithfulness, FaithfulnessOptions } from "./graph/faithfulness.ts";
export { discoverCircuit, discoverCircuitAsync } from "./graph/acdc.ts";
export type { DiscoverOptions } from "./graph/acdc.ts";
export { circuitTracerGraph } from "./graph/circuit-tracer.ts";
export type { GraphAbout, TracerGraph, TracerNode } from "./graph/circuit-tracer.ts";
export { headCircuits, subspaceAffinities } from "./heads/circuits.ts";
export type { HeadCircuits } from "./heads/circuits.ts";
export { sweepStatistics } from "./sweep/statistics.ts";
export type { CellStatistics, StatisticsOptions } from "./sweep/statistics.ts";
export { attributionGraph, attributionGraphAsync } from "./attribution/attribute.ts";
export type { AttributionGraph, AttributionNode } from "./attribution/graph.ts";
export { attributionTracerGraph } from "./attribution/export.ts";
export { attributionScores } from "./attribution/influence.ts";
export type { AttributionScores } from "./attribution/influence.ts";
export type { AttributionOptions } from "./attribution/options.ts";
export { pruneAttributionGraph } from "./attribution/prune.ts";
export type {
  AttributionEdge,
  AttributionPruneOptions,
  PrunedAttributionGraph,
  PrunedNode,
} from "./attribution/prune.ts";
