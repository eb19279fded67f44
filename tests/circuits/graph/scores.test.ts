import {
  type CircuitScores,
  logitDifference,
  type Metric,
  scoreCircuit,
  scoreCircuitAsync,
  SCORERS,
  scoringPasses,
} from "@hookdict/circuits";
import { ActivationCaching } from "@hookdict/latent";
import { loadModel, type Transformer } from "@hookdict/models";
import { reshape, slice, tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { readdirSync } from "node:fs";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { EdgeOracle } from "./oracle.ts";

const test = suite("scores of edges and nodes");

const METRIC = logitDifference(3, 5);
/** With layer norms and others, with norms behind parts, with parallel parts, with heads that share keys, without norms before parts. */
const FAMILIES = ["gpt2", "gptj", "gpt-neox", "gemma2", "olmo2", "qwen3", "cohere", "granite"];
const CLEAN = [1, 3, 7];
const CORRUPT = [1, 4, 7];

async function withPrompts<T>(
  family: string,
  fn: (model: Transformer, prompts: { clean: Tensor2D; corrupt: Tensor2D }) => T | Promise<T>,
): Promise<T> {
  using model = await loadModel(familyFolder(family));
  const of = (ids: number[]): Tensor2D => tensor2d([ids], undefined, "int32");
  const prompts = { clean: of(CLEAN), corrupt: of(CORRUPT) };
  try {
    return await fn(model, prompts);
  } finally {
    prompts.clean.dispose();
    prompts.corrupt.dispose();
  }
}

/** Some edges of each kind, by names. */
function someEdges(scores: CircuitScores): (readonly [number, number])[] {
  const { source, destination = [] } = scores.get("labels");
  const values = scores.get("values").dataSync();
  const all = source.flatMap((_, s) => destination.map((__, d) => [s, d] as const));
  const edges = all.filter(([s, d]) => values[s * destination.length + d] !== 0);
  return edges.filter((_, i) => i % Math.ceil(edges.length / 12) === 0);
}

for (const family of ["gpt2", "llama", "gptj", "qwen3"]) {
  test(`${family}: edges patched one by one are what the model's own parts give`, () =>
    withPrompts(family, (model, prompts) => {
      using scores = scoreCircuit(model, prompts, { metric: METRIC, scorer: "exact" });
      using oracle = new EdgeOracle(model, prompts.clean, prompts.corrupt, METRIC);
      const { source, destination = [] } = scores.get("labels");
      const values = scores.get("values").dataSync();
      for (const [s, d] of someEdges(scores)) {
        const [from = "", to = ""] = [source[s], destination[d]];
        const want = oracle.metric(from, to, 1) - scores.get("clean");
        const got = values[s * destination.length + d] ?? NaN;
        assert.ok(Math.abs(got - want) < 2e-4, `${from} -> ${to}: ${got}, by hand ${want}`);
      }
    }));

  test(`${family}: edge attribution is the slope of what an edge does`, () =>
    withPrompts(family, (model, prompts) => {
      using scores = scoreCircuit(model, prompts, { metric: METRIC });
      using oracle = new EdgeOracle(model, prompts.clean, prompts.corrupt, METRIC);
      const { source, destination = [] } = scores.get("labels");
      const values = scores.get("values").dataSync();
      const step = 0.01;
      for (const [s, d] of someEdges(scores)) {
        const [from = "", to = ""] = [source[s], destination[d]];
        const slope = (oracle.metric(from, to, step) - oracle.metric(from, to, -step)) / (2 * step);
        const got = values[s * destination.length + d] ?? NaN;
        // The third derivative, and rounding divided by the step.
        assert.ok(
          Math.abs(got - slope) < 2e-3 + 0.03 * Math.abs(slope),
          `${from} -> ${to}: ${got}, ${slope}`,
        );
      }
    }));
}

for (const family of FAMILIES) {
  test(`${family}: where others have hooks, or a metric reads everything, scores are the same`, () =>
    withPrompts(family, (model, prompts) => {
      const of = (metric: Metric, scorer: string): number[] => {
        using scores = scoreCircuit(model, prompts, { metric, scorer, steps: 2 });
        return [...scores.get("values").dataSync()];
      };
      const everywhere: Metric = {
        name: "everywhere",
        of: (logits, pairs) => {
          const [rows = 1, pos = 1, dVocab = 1] = logits.shape;
          return METRIC.of(reshape(slice(logits, [0, pos - 1, 0], [rows, 1, dVocab]), [rows, dVocab]), pairs);
        },
      };
      for (const scorer of SCORERS.map(({ name }) => name).filter((name) => name !== "exact")) {
        const alone = of(METRIC, scorer);
        using hooked = new ActivationCaching("blocks.*.hook_resid_post").prepare(model);
        for (const others of [of(METRIC, scorer), of(everywhere, scorer)]) {
          const far = others.findIndex((value, i) => !(Math.abs(value - (alone[i] ?? NaN)) < 1e-4));
          assert.is(far, -1, `${scorer} at ${far}: ${alone[far]}, ${others[far]}`);
        }
        hooked.dispose();
      }
    }));
}

test("scores of several pairs are the mean of each one's", () =>
  withPrompts("gpt2", (model, prompts) => {
    const others = { clean: [2, 3, 9], corrupt: [2, 8, 9] };
    const both = {
      clean: tensor2d([CLEAN, others.clean], undefined, "int32"),
      corrupt: tensor2d([CORRUPT, others.corrupt], undefined, "int32"),
    };
    const second = {
      clean: tensor2d([others.clean], undefined, "int32"),
      corrupt: tensor2d([others.corrupt], undefined, "int32"),
    };
    for (const { name } of SCORERS) {
      const values = [both, prompts, second].map((pairs) => {
        using scores = scoreCircuit(model, pairs, { metric: METRIC, scorer: name, steps: 2 });
        return [...scores.get("values").dataSync()];
      });
      const [got = [], a = [], b = []] = values;
      const far = got.findIndex(
        (value, i) => !(Math.abs(value - ((a[i] ?? NaN) + (b[i] ?? NaN)) / 2) < 2e-4),
      );
      assert.is(far, -1, `${name} at ${far}`);
    }
    for (const each of [both, second]) for (const side of ["clean", "corrupt"] as const) each[side].dispose();
  }));

test("a scorer for each file, and passes that are counted", () =>
  withPrompts("gpt2", (model) => {
    const folder = new URL("../../../packages/circuits/src/graph/scorers/", import.meta.url);
    assert.is(readdirSync(folder).length, SCORERS.length);
    assert.equal(scoringPasses(model), { forward: 2, backward: 1 });
    const { forward } = scoringPasses(model, { scorer: "exact" });
    // 4 heads with 3 readings, an MLP, two layers, the logits; heads and embeddings before them.
    assert.ok(forward > 100);
  }));

test("a scorer of one's own is taken, and waiting gives the same", () =>
  withPrompts("gpt2", async (model, prompts) => {
    const [eap] = SCORERS;
    assert.is(eap?.name, "eap");
    if (eap === undefined) return;
    using own = scoreCircuit(model, prompts, { metric: METRIC, scorer: { ...eap, name: "own" } });
    using waited = await scoreCircuitAsync(model, prompts, { metric: METRIC });
    assert.is(own.get("scorer"), "own");
    assert.equal([...own.get("values").dataSync()], [...waited.get("values").dataSync()]);
    assert.equal(own.get("axes"), ["source", "destination"]);
  }));

test("what cannot be scored is said", () =>
  withPrompts("gpt2", async (model, prompts) => {
    const fault = (options: object): string[] => {
      const error = thrown(() => scoreCircuit(model, prompts, { metric: METRIC, ...options })) as Error & {
        code: string;
      };
      return [error.code, error.message];
    };
    assert.equal(fault({ scorer: "magic" }), [
      "CIRCUIT_OPTION",
      'scoreCircuit: the option scorer is "magic". Give one of "eap", "eap-clean-corrupt", "eap-ig", "exact", "node-attribution", "node-ig", or { name, of, passes, score }.',
    ]);
    assert.equal(fault({ steps: 0 }), [
      "CIRCUIT_OPTION",
      "scoreCircuit: the option steps is 0. Give a whole number from 1 to 16777216.",
    ]);
    assert.equal(fault({ convention: "both" }), [
      "CIRCUIT_OPTION",
      'scoreCircuit: the option convention is "both". Give "paper" or "code".',
    ]);
    assert.is(fault({ scorer: "exact", memory: 10 })[0], "SWEEP_BUDGET");
    const error = await rejected(
      scoreCircuitAsync(model, prompts, { metric: METRIC, signal: { aborted: true, reason: "no" } }),
    );
    assert.is(error.message, "The scoring was aborted after 0 of 1 runs.");
  }));

test.run();
