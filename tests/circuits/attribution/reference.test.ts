import { fileURLToPath } from "node:url";
import { attributionGraph, attributionScores, pruneAttributionGraph } from "@hookdict/circuits";
import { SparseDictionary, Transcoders } from "@hookdict/latent";
import { loadModel } from "@hookdict/models";
import {
  fill,
  type Tensor,
  tensor,
  type Tensor2D,
  tensor2d,
  transpose,
  unstack,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("attribution graphs beside circuit-tracer");

const FOLDER = fileURLToPath(new URL("../../../examples/ioi-patching/model", import.meta.url));
const TOKENS = [0, 40, 26, 44, 22, 100]; // When Mary and John went

/** Weights that are the same everywhere: a sine that is looked at far apart. */
function wave(seed: number, scale: number, ...shape: readonly number[]): Tensor {
  const size = shape.reduce((product, each) => product * each, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(seed + 12.9898 * i) * scale);
  return tensor(values, [...shape]);
}

/** A cross-layer transcoder with skip connections: 12 features in each of four layers. */
function waves(): Transcoders {
  const [layers, dSae, d] = [4, 12, 128];
  const later: Tensor[][] = [];
  const own = Array.from({ length: layers }, (_, l) => {
    const [encoder, decoders] = [wave(l, 0.15, dSae, d), wave(l + 0.75, 0.1, dSae, layers - l, d)];
    const [wDec, ...others] = unstack(decoders, 1) as [Tensor, ...Tensor[]];
    later.push(others);
    const made = new SparseDictionary(
      {
        activation: "jumpRelu",
        dIn: d,
        dSae,
        site: `blocks.${l}.hook_resid_mid`,
        outputSite: `blocks.${l}.hook_mlp_out`,
      },
      {
        wEnc: transpose(encoder),
        bEnc: wave(l + 0.5, 0.1, dSae),
        wDec,
        bDec: wave(l + 0.25, 0.05, d),
        wSkip: wave(l + 0.1, 0.02, d, d),
        threshold: fill([dSae], 0.3),
      },
    );
    for (const one of [encoder, decoders]) one.dispose();
    return made;
  });
  return new Transcoders(own, later);
}

const near = (a: number, b: number, what: string, by = 1e-3): void =>
  assert.ok(Math.abs(a - b) <= by, `${what}: ${a} for ${b}`);

// What circuit-tracer 0.5.0 gives (`attribute`, `compute_graph_scores`, `prune_graph`) for the same weights on TransformerLens 3.5.1.
test("features, weights, scores and what is kept are circuit-tracer's, with skip connections", async () => {
  using model = await loadModel(FOLDER);
  using transcoders = waves();
  const tokens: Tensor2D = tensor2d([TOKENS], undefined, "int32");
  const graph = attributionGraph(model, tokens, {
    transcoders,
    withoutFeatures: [0],
    maxLogits: 3,
    logitProbability: 0.999,
    batchSize: 64,
  });
  tokens.dispose();
  assert.equal(graph.counts, { features: 61, errors: 24, tokens: 6, logits: 1 });
  const sources = graph.nodes.length - 1;
  const row = (at: number): Float32Array => graph.weights.subarray(at * sources, (at + 1) * sources);
  const features = [
    [0, 3, 3, 0.31766, 0.0707], [1, 2, 0, 0.40856, -0.1992], [1, 3, 11, 1.21856, 0.48], [2, 1, 4, 0.39071, 0.2166],
    [2, 3, 9, 1.62329, 0.9774], [2, 5, 11, 0.32411, -0.2792], [3, 2, 2, 0.36954, 1.6132], [3, 3, 6, 0.82428, 1.352],
    [3, 4, 11, 0.87354, 0.745],
  ] as const; // prettier-ignore
  features.forEach(([layer, position, feature, activation, sum], i) => {
    const node = graph.nodes[i * 7];
    assert.equal([node?.layer, node?.position, node?.feature], [layer, position, feature]);
    near(node?.activation ?? Number.NaN, activation, "activation");
    near(
      row(i * 7).reduce((a, b) => a + b, 0),
      sum,
      `edges to ${node?.id}`,
    );
  });
  const largest = [
    [84, 9.10928], [78, 5.07103], [72, 1.01686], [64, 0.29888], [62, 0.27439], [88, 0.24102], [76, 0.2379],
    [60, 0.18547], [57, 0.17658], [58, 0.17399], [74, 0.1699], [66, 0.15794],
  ] as const; // prettier-ignore
  for (const [source, weight] of largest)
    near(row(61)[source] ?? Number.NaN, weight, `${graph.nodes[source]?.id} to the logit`);
  near(
    graph.weights.reduce((sum, weight) => sum + Math.abs(weight), 0),
    359.0157,
    "all weights without signs",
    0.05,
  );
  const { replacement, completeness } = attributionScores(graph);
  near(replacement, 0.04820599, "replacement", 1e-5);
  near(completeness, 0.53423411, "completeness", 1e-5);
  const pruned = pruneAttributionGraph(graph);
  assert.equal([pruned.nodes.length, pruned.edges.length], [10, 5]);
});

test.run();
