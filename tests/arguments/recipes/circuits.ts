import {
  captureStream,
  logitDifference,
  patchTables,
  PatchingSweep,
  type PromptPairs,
  scoreCircuit,
  type StreamRun,
} from "@hookdict/circuits";
import { GPT2 } from "@hookdict/models";
import { nonTensor, TensorDict } from "@hookdict/tensordict";
import { ones, tensor2d, type Tensor2D, zeros } from "@tensorflow/tfjs-core";
import { lent, owned, type Recipes, type Subject } from "../recipes.ts";

/** One for all calls: making it takes longer than what they do. */
const MODEL: GPT2 = GPT2.fromConfig({
  nLayers: 2,
  nHeads: 1,
  dModel: 2,
  dVocab: 3,
  nPositions: 2,
  dMlp: 2,
});

const LENT = lent(MODEL);
const made: { dispose(): void }[] = [MODEL];

/** Frees what all calls share. */
export function endShared(): void {
  for (const each of made.splice(0)) each.dispose();
}

/** Lends something to each call. */
function shared<T extends object & { dispose(): void }>(whole: T): () => T {
  made.push(whole);
  return () => lent(whole);
}

const tokens = (): Tensor2D => tensor2d([1, 2], [1, 2], "int32");
const prompts = (): PromptPairs => ({ clean: tokens(), corrupt: tensor2d([2, 2], [1, 2], "int32") });
const metric = logitDifference(1, 2);
const given = prompts();
const { cache: captured, logits } = captureStream(MODEL, given.clean as Tensor2D);
logits.dispose();
const cache = shared(captured);
const scores = shared(scoreCircuit(MODEL, given, { metric }));
given.clean.dispose();
given.corrupt.dispose();
const run = (): StreamRun => ({ model: LENT, cache: cache() });
const stacking =
  (more: object = {}) =>
  (): readonly unknown[] => [run(), { layer: 1, mlpInput: false, norm: "cached", positions: [0], ...more }];
const circuit = (): object => ({
  nodes: ["input", "logits"],
  edges: [{ source: "input", destination: "logits", score: 1 }],
});
const about = (): object => ({ slug: "a", scan: "b", prompt: "c", promptTokens: ["d"] });
const table = (): TensorDict =>
  new TensorDict({
    resid_pre: { values: ones([1, 1, 2]), axes: ["metric", "pair", "layer"], labels: nonTensor({}) },
    baselines: { clean: ones([1, 1]), corrupt: zeros([1, 1]) },
  });
const sweep = (): ReturnType<PatchingSweep["prepare"]> =>
  new PatchingSweep({ tables: patchTables(["resid_pre"]), metrics: metric }).prepare(MODEL);
const swept = (): readonly unknown[] => [prompts(), { memory: 2 ** 20, onProgress: () => undefined }];
const scored = (): readonly unknown[] => [
  LENT,
  prompts(),
  { metric, scorer: "eap", steps: 1, memory: 2 ** 20 },
];
const faithful = (): readonly unknown[] => [
  LENT,
  prompts(),
  [circuit()],
  { metric, by: "mean", memory: 2 ** 20 },
];
const discovered = (): readonly unknown[] => [LENT, prompts(), { metric, threshold: 1, by: "mean" }];
const paths = (): readonly unknown[] => [
  LENT,
  prompts(),
  { metrics: metric, receivers: "final", freezeMlps: true },
];
const placed = (): object => ({ name: "a", position: 0 });

// Forms that wait do the same work as those that do not: they are given junk alone.
export const CIRCUITS: Recipes = {
  subjects: {
    PatchingSweep: () => owned(new PatchingSweep({ tables: patchTables(["resid_pre"]), metrics: metric })),
    SweepModule: (): Subject => owned(sweep()),
  },
  right: {
    "PatchingSweep.plan": () => [LENT, {}],
    "PatchingSweep.prepare": () => [LENT, { unmatched: "error" }],
    "SweepModule.plan": swept,
    "SweepModule.sweep": swept,
    "new PatchingSweep": () => [{ tables: patchTables(["resid_pre"]), metrics: metric, replaceBy: "zero" }],
    "new SweepPlan": () => [
      {
        cells: 1,
        skipped: 0,
        runs: 1,
        rows: 1,
        layerEvaluations: 1,
        layerEvaluationsEach: 1,
        positions: 1,
        positionsEach: 1,
        bytes: { held: 1, perRow: 1, most: 1 },
      },
    ],
    ablateHeads: () => [LENT, tokens(), { metrics: metric, by: "zero", memory: 2 ** 20 }],
    accumulatedResidual: stacking({ includeMid: true }),
    captureStream: () => [LENT, tokens()],
    circuitTracerGraph: () => [circuit(), about()],
    decomposedResidual: stacking({ mode: "all", includeEmbeddings: true }),
    detectHeads: () => [LENT, tokens(), { pattern: "induction", measure: "abs", excludeBos: true }],
    directLogitAttribution: () => [run(), { tokens: 1, wrong: 2, position: 0, by: "heads" }],
    discoverCircuit: discovered,
    faithfulness: faithful,
    faithfulnessCurve: () => [
      LENT,
      prompts(),
      scores(),
      { metric, sizes: [1], signed: true, connected: true },
    ],
    fullDecomposition: stacking({ expandNeurons: true }),
    headCircuits: () => [LENT],
    headResults: stacking({ includeRemainder: true }),
    logProbability: () => [1, placed()],
    logitAttributions: () => {
      return [run(), ones([1, 1, 2, 2]), { tokens: 1, wrong: 2, position: 0 }];
    },
    logitDifference: () => [1, 2, placed()],
    logitLens: () => [run(), { topK: 1, tokens: [1], chunk: 2, keepLogits: true, positions: 0 }],
    neuronResults: stacking({ neurons: [0] }),
    patchTables: () => [["block_every"]],
    pathPatching: paths,
    pruneCircuit: () => [scores(), { size: 1, signed: true, connected: true }],
    scoreCircuit: scored,
    scoringPasses: () => [LENT, { scorer: "eap", steps: 1 }],
    stackTables: () => [table(), ["resid_pre"]],
    subspaceAffinities: () => [zeros([2, 1, 1, 2]), zeros([2, 1, 2, 1])],
    sweepStatistics: () => [table(), "resid_pre", { level: 0.5, draws: 1, seed: 1, success: 1 }],
    tokenLogit: () => [1, placed()],
  },
  spared: {
    SweepContext: "prepare makes it",
    "new SweepModule": "prepare makes it",
    "SweepModule.call": "what the model says of its input",
    "SweepModule.callAsync": "likewise",
    "SweepModule.tryCall": "likewise",
    "SweepModule.tryCallAsync": "likewise",
  },
};
