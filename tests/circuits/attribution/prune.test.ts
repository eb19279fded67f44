import {
  type AttributionGraph,
  type AttributionNode,
  attributionScores,
  attributionTracerGraph,
  pruneAttributionGraph,
} from "@hookdict/circuits";
import { graph as graphView } from "@hookdict/viz";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("pruning attribution graphs");

// Rows of six features and two logits over features, errors and tokens; what is kept and scored by circuit-tracer 0.5.0 (prune_graph,
// compute_graph_scores) with two layers, three tokens and logits of probability 0.7 and 0.2.
const ROWS = [
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1.61, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.23, 2.24, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.85, 1.2, -0.4],
  [-1.43, 0.9, 0, 0, 0, 0, 0.17, 0.14, 0, 0, 0, 0, 0.88, 1.77, 0],
  [-0.08, 0.05, -0.87, 0, 0, 0, -0.06, -0.25, 0.18, 0, 0, 0, -0.66, 0.26, 0.16],
  [1.18, -0.36, 0.47, 0, 0, 0, -0.15, -0.18, -0.01, 0, 0, 0, 0.11, 1.13, -0.27],
  [0.31, 0.47, -1.2, 0.53, 1.26, 0.34, 0.37, -0.05, -0.03, 0.36, 0.21, -0.28, -0.76, -0.98, 0.28],
  [0.58, -0.34, 1.19, 1.53, 1.25, 0.51, -0.01, -0.02, -0.08, -0.29, 0.03, 0.11, -0.79, 0.2, 1.26],
];
const CUMULATIVE = [
  0.81016, 0.85856, 0.53485, 0.75478, 0.63184, 0.88747, 0.9155, 0.97669, 1, 0.94214, 0.99003, 0.96103, 0.40615,
  0.20737, 0.69805,
]; // prettier-ignore

function given(): AttributionGraph {
  const features = [[0, 0], [0, 1], [0, 2], [1, 1], [1, 2], [1, 2]] as const; // prettier-ignore
  const nodes: AttributionNode[] = features.map(([layer, position], feature) => ({
    id: `${layer}_${feature}_${position}`,
    kind: "feature",
    layer,
    position,
    feature,
    activation: 1,
  }));
  for (const layer of [0, 1])
    for (const position of [0, 1, 2])
      nodes.push({ id: `${layer}_-1_${position}`, kind: "error", layer, position });
  for (const position of [0, 1, 2])
    nodes.push({
      id: `E_${position + 7}_${position}`,
      kind: "token",
      layer: -1,
      position,
      token: position + 7,
    });
  nodes.push({ id: "3_0_2", kind: "logit", layer: 2, position: 2, token: 0, probability: 0.7 });
  nodes.push({ id: "3_1_2", kind: "logit", layer: 2, position: 2, token: 1, probability: 0.2 });
  return {
    tokens: [7, 8, 9],
    layers: 2,
    nodes,
    counts: { features: 6, errors: 6, tokens: 3, logits: 2 },
    activeFeatures: 6,
    weights: Float32Array.from(ROWS.flat()),
  };
}

for (const [nodes, edges, kept, count, some] of [
  [
    0.8,
    0.98,
    [0, 2, 3, 4, 12, 13, 14, 15, 16],
    23,
    [
      [3, 0],
      [4, 2],
      [16, 14],
    ],
  ],
  [
    0.5,
    0.7,
    [2, 12, 13, 14, 15, 16],
    5,
    [
      [2, 12],
      [2, 13],
      [15, 2],
      [15, 12],
      [15, 13],
    ],
  ],
  [
    1,
    1,
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
    60,
    [
      [0, 12],
      [16, 11],
    ],
  ],
] as const)
  // prettier-ignore
  test(`at ${nodes} and ${edges} what circuit-tracer keeps is kept`, () => {
    const all = given();
    const pruned = pruneAttributionGraph(all, { nodes, edges });
    assert.equal(
      pruned.nodes.map(({ id }) => all.nodes.findIndex((node) => node.id === id)),
      [...kept],
    );
    assert.is(pruned.edges.length, count);
    for (const [target, source] of some)
      assert.ok(
        pruned.edges.some((edge) => edge.target === all.nodes[target]?.id && edge.source === all.nodes[source]?.id),
        `${source} > ${target}`,
      );
    for (const { id, influence, kind } of pruned.nodes) {
      const wanted = CUMULATIVE[all.nodes.findIndex((node) => node.id === id)];
      if (kind === "logit") assert.is(influence, undefined);
      else assert.ok(Math.abs((influence ?? 0) - (wanted ?? Number.NaN)) < 2e-5, `${id}: ${influence}`);
    }
  });

test("scores are circuit-tracer's", () => {
  const { replacement, completeness } = attributionScores(given());
  assert.ok(Math.abs(replacement - 0.80761069) < 1e-6, `${replacement}`);
  assert.ok(Math.abs(completeness - 0.92900079) < 1e-6, `${completeness}`);
});

test("a graph without errors explains everything, and one without edges is kept without them", () => {
  const all = given();
  const without = all.weights.map((weight, at) => (at % 15 >= 6 && at % 15 < 12 ? 0 : weight));
  assert.equal(attributionScores({ ...all, weights: without }), { replacement: 1, completeness: 1 });
  const empty = { ...all, weights: new Float32Array(all.weights.length) };
  assert.equal(attributionScores(empty), { replacement: 0, completeness: 1 });
  const pruned = pruneAttributionGraph(empty);
  assert.is(pruned.edges.length, 0);
  assert.equal(
    pruned.nodes.map(({ kind }) => kind),
    ["token", "token", "token", "logit", "logit"],
  );
});

test("circuit-tracer's JSON has its names and kinds, and the graph view takes it", () => {
  const about = { slug: "toy", scan: "toy-model", prompt: "a b c", promptTokens: ["a", " b", " c"] };
  const file = attributionTracerGraph(pruneAttributionGraph(given()), about, (token) => `<${token}>`);
  const byId = new Map(file.nodes.map((node) => [node.node_id, node]));
  assert.equal(byId.get("1_3_1"), {
    node_id: "1_3_1",
    feature: 13, // Cantor's number of 1 and 3
    layer: "1",
    ctx_idx: 1,
    feature_type: "cross layer transcoder",
    token_prob: 0,
    is_target_logit: false,
    run_idx: 0,
    reverse_ctx_idx: 0,
    jsNodeId: "1_3-0",
    clerp: "",
    influence: byId.get("1_3_1")?.influence,
    activation: 1,
  });
  assert.is(byId.get("E_8_1")?.clerp, "<8>");
  assert.is(byId.get("3_0_2")?.clerp, 'Output "<0>" (p=0.700)');
  assert.is(byId.get("3_0_2")?.is_target_logit, true);
  assert.is(byId.get("3_1_2")?.is_target_logit, false);
  assert.is(file.metadata.node_threshold, 0.8);
  const whole = attributionTracerGraph(pruneAttributionGraph(given(), { nodes: 1, edges: 1 }), about);
  assert.is(whole.nodes.find(({ node_id }) => node_id === "1_-1_2")?.jsNodeId, "1_-1-2");
  const data = graphView.read(JSON.stringify(file));
  assert.is(data.links.length, file.links.length);
  assert.equal(data.tokens, about.promptTokens);
  assert.equal(
    data.nodes
      .map(({ kind }) => kind)
      .filter((kind, at, kinds) => kinds.indexOf(kind) === at)
      .sort(),
    ["feature", "logit", "token"],
  );
  assert.ok(graphView(data).blocks.length > 0);
});

test("what is no graph is refused", () => {
  for (const junk of [
    undefined,
    null,
    5,
    "a",
    [],
    {},
    { ...given(), weights: [1] },
    { ...given(), nodes: [] },
  ]) {
    for (const fn of [pruneAttributionGraph, attributionScores]) {
      const [code, text] = failure(() => fn(junk as never));
      assert.is(code, "CIRCUIT_OPTION");
      assert.match(text, "Give what attributionGraph gives, its weights a Float32Array.");
    }
    if (!Array.isArray((junk as AttributionGraph | undefined)?.nodes))
      assert.is(failure(() => attributionTracerGraph(junk as never, {} as never))[0], "CIRCUIT_OPTION");
  }
  assert.is(
    failure(() => attributionTracerGraph(pruneAttributionGraph(given()), null as never))[0],
    "CIRCUIT_OPTION",
  );
  assert.is(failure(() => pruneAttributionGraph(given(), 5 as never))[0], "CIRCUIT_OPTION");
});

test("parts that are none are refused", () => {
  for (const [name, part] of [
    ["nodes", 1.5],
    ["edges", Number.NaN],
  ] as const)
    // prettier-ignore
    assert.equal(
      failure(() => pruneAttributionGraph(given(), { [name]: part })),
      ["CIRCUIT_OPTION", `pruneAttributionGraph: the option ${name} is ${JSON.stringify(part)}. Give a number from 0 to 1.`],
    );
});

test.run();
