import {
  type Circuit,
  circuitTracerGraph,
  discoverCircuit,
  discoverCircuitAsync,
  faithfulness,
  faithfulnessAsync,
  faithfulnessCurve,
  logitDifference,
  pruneCircuit,
  scoreCircuit,
} from "@hookdict/circuits";
import { loadModel, type Transformer } from "@hookdict/models";
import { tensor2d, type Tensor2D } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { ioiTiny } from "../../models/ioi-tiny.ts";

const test = suite("circuits of edges");

const METRIC = logitDifference(3, 5);

interface Prompts {
  readonly clean: Tensor2D;
  readonly corrupt: Tensor2D;
}

async function withModel<T>(
  family: string,
  fn: (model: Transformer, prompts: Prompts) => T | Promise<T>,
): Promise<T> {
  using model = await loadModel(familyFolder(family));
  const of = (rows: number[][]): Tensor2D => tensor2d(rows, undefined, "int32");
  const prompts = { clean: of([[1, 3, 7], [1, 8, 7]]), corrupt: of([[1, 4, 7], [1, 2, 7]]) }; // prettier-ignore
  try {
    return await fn(model, prompts);
  } finally {
    prompts.clean.dispose();
    prompts.corrupt.dispose();
  }
}

for (const family of ["gpt2", "gptj", "gemma2"]) {
  test(`${family}: the whole model is all faithful, and none of it is not`, () =>
    withModel(family, (model, prompts) => {
      using scores = scoreCircuit(model, prompts, { metric: METRIC });
      const all = pruneCircuit(scores, { threshold: 0, connected: false });
      const none: Circuit = { nodes: [], edges: [] };
      const [whole, empty, byMean] = [
        ...faithfulness(model, prompts, [all, none], { metric: METRIC }),
        ...faithfulness(model, prompts, [none], { metric: METRIC, by: "mean" }),
      ];
      assert.ok(Math.abs((whole?.faithfulness ?? NaN) - 1) < 1e-3);
      assert.ok(Math.abs(empty?.faithfulness ?? NaN) < 1e-3);
      assert.ok(Math.abs((empty?.ablated ?? NaN) - scores.get("corrupt")) < 2e-4);
      assert.ok(Math.abs((byMean?.ablated ?? NaN) - (empty?.ablated ?? NaN)) > 1e-3);
    }));
}

test("a curve does not depend on the memory, and ends where all edges are", () =>
  withModel("gpt2", async (model, prompts) => {
    using scores = scoreCircuit(model, prompts, { metric: METRIC });
    const curve = faithfulnessCurve(model, prompts, scores, { metric: METRIC, sizes: [0, 5, 1000] });
    assert.is(curve[0]?.size, 0);
    assert.ok(Math.abs((curve[2]?.faithfulness ?? NaN) - 1) < 0.05); // edges on no way to the logits are left out
    const circuit = pruneCircuit(scores, { size: 5 });
    const done: number[] = [];
    const again = await faithfulnessAsync(model, prompts, [circuit], {
      metric: METRIC,
      memory: 3e6,
      onProgress: ({ total }) => done.push(total),
    });
    assert.ok(Math.abs((again[0]?.ablated ?? NaN) - (curve[1]?.ablated ?? NaN)) < 2e-4);
    assert.ok(done.length > 0);
  }));

test("pruning keeps the largest scores, and ways from the input to the logits", () =>
  withModel("gpt2", (model, prompts) => {
    using scores = scoreCircuit(model, prompts, { metric: METRIC });
    const loose = pruneCircuit(scores, { size: 12, connected: false });
    assert.is(loose.edges.length, 12);
    const least = Math.min(...loose.edges.map(({ score }) => Math.abs(score)));
    const byThreshold = pruneCircuit(scores, { threshold: least, connected: false });
    assert.equal(byThreshold, loose);
    const tied = pruneCircuit(scores, { size: 12 });
    for (const { source, destination } of tied.edges) {
      if (source !== "input") assert.ok(tied.edges.some((edge) => edge.destination.startsWith(source)));
      const node = destination.replace(/<.>$/, "");
      if (node !== "logits") assert.ok(tied.edges.some((edge) => edge.source === node));
    }
    const helping = pruneCircuit(scores, { size: 12, signed: true, connected: false });
    const most = Math.max(...helping.edges.map(({ score }) => score));
    assert.ok(most < 0);
  }));

test("discovery keeps every edge that matters at all, none at a high threshold, and waits where it is asked to", () =>
  withModel("gpt2", async (model, prompts) => {
    const few = await discoverCircuitAsync(model, prompts, { metric: METRIC, threshold: 1e9 });
    assert.equal(few, { nodes: [], edges: [] });
    const circuit = discoverCircuit(model, prompts, { metric: METRIC, threshold: 0.02 });
    assert.ok(circuit.edges.length > 0);
    assert.ok(circuit.edges.every(({ score }) => Math.abs(score) >= 0.02));
  }));

test("ioi-tiny: a handful of edges has most of the behaviour", async () => {
  using model = await loadModel(ioiTiny);
  const clean = model.tokens("When Mary and John went to the store , John gave a drink to");
  const corrupt = model.tokens("When Mary and John went to the store , Mary gave a drink to");
  const metric = logitDifference(model.tokenizer.single("Mary"), model.tokenizer.single("John"));
  using scores = scoreCircuit(model, { clean, corrupt }, { metric });
  const [found] = faithfulnessCurve(model, { clean, corrupt }, scores, { metric, sizes: [40] });
  assert.ok((found?.size ?? 0) <= 40);
  assert.ok((found?.faithfulness ?? 0) > 0.9);
  clean.dispose();
  corrupt.dispose();
});

test("a circuit is written as circuit-tracer reads it", () => {
  const circuit: Circuit = {
    nodes: ["input", "a0.h1", "m1", "logits"],
    edges: [
      { source: "input", destination: "a0.h1<q>", score: 1 },
      { source: "input", destination: "a0.h1<v>", score: 2 },
      { source: "a0.h1", destination: "m1", score: -1 },
      { source: "m1", destination: "logits", score: 4 },
    ],
  };
  const about = { slug: "toy", scan: "gpt2", prompt: "a b", promptTokens: ["a", " b"] };
  const graph = circuitTracerGraph(circuit, about);
  assert.is(graph.metadata.schema_version, 1);
  assert.equal(graph.metadata.prompt_tokens, ["a", " b"]);
  assert.equal(graph.links, [
    { source: "input", target: "a0.h1", weight: 1 + 2 },
    { source: "a0.h1", target: "m1", weight: -1 },
    { source: "m1", target: "logits", weight: 4 },
  ]);
  assert.equal(
    graph.nodes.map(({ node_id, layer, ctx_idx }) => [node_id, layer, ctx_idx]),
    [["input", "E", 1], ["a0.h1", "0", 1], ["m1", "1", 1], ["logits", "2", 1]], // prettier-ignore
  );
  // circuit-tracer's own model of its files wants a number.
  assert.equal(
    graph.nodes.map(({ feature }) => feature),
    [0, 1, 2, 3],
  );
  assert.equal(graph.qParams, { pinnedIds: [], supernodes: [], linkType: "both", clickedId: "", sg_pos: "" });
  assert.is(JSON.stringify(JSON.parse(JSON.stringify(graph))), JSON.stringify(graph));
});

test("what is no circuit, and sizes and thresholds that are none, are refused", () =>
  withModel("gpt2", (model, prompts) => {
    using scores = scoreCircuit(model, prompts, { metric: METRIC });
    using nodes = scoreCircuit(model, prompts, { metric: METRIC, scorer: "node-attribution" });
    const message = (fn: () => unknown): string => thrown(fn).message;
    assert.is(
      message(() => pruneCircuit(scores, {})),
      "pruneCircuit: the option size is undefined. Give either a size or a threshold.",
    );
    assert.is(
      message(() => pruneCircuit(scores, { size: -1 })),
      "pruneCircuit: the option size is -1. Give a whole number from 0 up.",
    );
    assert.is(
      message(() => pruneCircuit(nodes, { size: 1 })),
      'pruneCircuit: the option scores is "node-attribution". Give scores of edges.',
    );
    const edges = [{ source: "m1", destination: "m0", score: 1 }];
    assert.is(
      message(() => faithfulness(model, prompts, [{ nodes: [], edges }], { metric: METRIC })),
      'faithfulness: the option circuits is "m1 -> m0". Give edges that the model has.',
    );
    assert.is(
      message(() => discoverCircuit(model, prompts, { metric: METRIC, threshold: -1 })),
      "discoverCircuit: the option threshold is -1. Give a number from 0 up.",
    );
  }));

test.run();
