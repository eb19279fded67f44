import {
  discoverCircuit,
  faithfulness,
  logitDifference,
  type Metric,
  pathPatching,
  scoreCircuit,
} from "@hookdict/circuits";
import { loadModel, type Transformer } from "@hookdict/models";
import { profile, reshape, slice, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";

// What runs with patched edges and paths compute where metrics read one position.
const test = suite("patched runs compute what metrics read");

/** How many rows of neurons a model computes meanwhile, in whatever kernels a backend has for them. */
async function neuronRows(model: Transformer, fn: () => unknown): Promise<number> {
  const width = model.config.blocks[0]?.mlp.dMlp ?? 0;
  const { kernels } = await profile(() => void fn());
  return kernels
    .flatMap(({ outputShapes }) => outputShapes)
    .filter((shape) => shape.at(-1) === width)
    .reduce((rows, shape) => rows + shape.slice(0, -1).reduce((all, size) => all * size, 1), 0);
}

/** The metric at a position, of logits at all of them. */
function wholeOf(metric: Metric, at: number): Metric {
  return {
    name: metric.name,
    of: (logits, pairs) => {
      const [rows = 1, , dVocab = 1] = logits.shape;
      return metric.of(reshape(slice(logits, [0, at, 0], [rows, 1, dVocab]), [rows, dVocab]), pairs);
    },
  };
}

for (const family of ["gpt2", "llama", "gptj", "gemma2"])
  for (const at of [4, 2])
    test(`${family}: at position ${at} of 5`, async () => {
      using model = await loadModel(familyFolder(family));
      const clean = tensor2d([[1, 3, 7, 2, 4]], undefined, "int32");
      const corrupt = tensor2d([[1, 4, 7, 2, 4]], undefined, "int32");
      const prompts = { clean, corrupt };
      const one = logitDifference(3, 5, { position: at });
      const last = model.blocks.length - 1;
      const circuit = {
        nodes: ["input", "a0.h0", `a${last}.h1`, `m${last}`, "logits"],
        edges: [
          { source: "input", destination: "a0.h0<v>", score: 1 },
          { source: "a0.h0", destination: `a${last}.h1<q>`, score: 1 },
          { source: `a${last}.h1`, destination: "logits", score: 1 },
          { source: "a0.h0", destination: `m${last}`, score: 1 },
          { source: `m${last}`, destination: "logits", score: 1 },
        ],
      };
      // Of other families those that take few runs.
      const isAll = family === "gpt2";
      const everyEdge = [
        (metric: Metric) => {
          using scores = scoreCircuit(model, prompts, { metric, scorer: "exact" });
          return [...scores.get("values").dataSync()];
        },
        (metric: Metric) =>
          discoverCircuit(model, prompts, { metric, threshold: 0.02 }).edges.map(({ score }) => score),
      ];
      const ways: readonly ((metric: Metric) => readonly number[])[] = [
        (metric) => faithfulness(model, prompts, [circuit], { metric }).map(({ ablated }) => ablated),
        (metric) =>
          faithfulness(model, prompts, [circuit], { metric, by: "mean" }).map(({ ablated }) => ablated),
        ...(
          ["final", { layer: last, head: 0, input: "q" }, { layer: last, head: 0, input: "k" }] as const
        ).map((receivers) => (metrics: Metric) => {
          using found = pathPatching(model, prompts, {
            receivers,
            metrics,
            freezeMlps: receivers === "final",
          });
          return [...found.get("values").dataSync()];
        }),
        ...(isAll ? everyEdge : []),
      ];
      for (const [i, way] of ways.entries()) {
        const found: (readonly number[])[] = [];
        const counts: number[] = [];
        for (const metric of [one, wholeOf(one, at)])
          counts.push(await neuronRows(model, () => found.push(way(metric))));
        const [read = [], all = []] = found;
        assert.is(read.length, all.length);
        const far = read.findIndex((value, n) => !(Math.abs(value - (all[n] ?? NaN)) < 1e-4));
        assert.is(far, -1, `way ${i} at ${far}: ${read[far]}, ${all[far]}`);
        const [rows = NaN, rowsOfAll = NaN] = counts;
        assert.ok(rows < rowsOfAll, `way ${i}: ${rows} rows of neurons, of ${rowsOfAll}`);
      }
      clean.dispose();
      corrupt.dispose();
    });

test.run();
