import { type AttributionGraph, attributionGraph, attributionGraphAsync } from "@hookdict/circuits";
import { HookingContextFactory, type HookingContext } from "@hookdict/contexts";
import { countHooks } from "@hookdict/core";
import { Transcoders } from "@hookdict/latent";
import { memory, square, type Tensor, type Tensor2D, tensor2d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { withFamily } from "../families.ts";
import { randomTranscoders } from "./random.ts";
import { toyModel, toyTranscoders } from "./toy.ts";

const test = suite("attributionGraph");

const near = (a: number, b: number, what: string): void =>
  assert.ok(Math.abs(a - b) < 1e-4, `${what}: ${a} for ${b}`);

/** Squares what attention of the second layer gives out of. */
class Squares extends HookingContextFactory {
  override describe(): { name: string; options: Record<string, unknown> } {
    return { name: "Squares", options: {} };
  }
  protected override setUp(context: HookingContext): void {
    context.hook("blocks.1.hook_resid_pre", "fwd", (value: Tensor) => square(value));
  }
}

/** Weights of edges other than 0, by `source > target`. */
function edges({ nodes, counts, weights }: AttributionGraph): Record<string, number> {
  const sources = nodes.slice(0, nodes.length - counts.logits);
  const targets = [...nodes.slice(0, counts.features), ...nodes.slice(-counts.logits)];
  return Object.fromEntries(
    targets.flatMap((target, t) =>
      sources.flatMap((source, s) => {
        const weight = weights[t * sources.length + s] ?? 0;
        return Math.abs(weight) < 1e-6 ? [] : [[`${source.id} > ${target.id}`, weight] as const];
      }),
    ),
  );
}

function toyGraph(more: object = {}): AttributionGraph {
  using model = toyModel();
  using transcoders = toyTranscoders();
  const tokens: Tensor2D = tensor2d([[0, 1]], undefined, "int32");
  const graph = attributionGraph(model, tokens, { transcoders, logits: [0, 1], ...more });
  tokens.dispose();
  return graph;
}

// Worked out by hand: the stream is (1, 0), (0, 1) at first, (3, 0), (1, 2) before the first MLP, (6, -3), (4, -1) behind it.
const BY_HAND: Record<string, number> = {
  // The first layer's feature reads both values; its bias is -1.
  "E_0_0 > 0_0_0": 3,
  "E_0_0 > 0_0_1": 1,
  "E_1_1 > 0_0_1": 2,
  // The second layer's reads the first value.
  "E_0_0 > 1_0_0": 3,
  "0_0_0 > 1_0_0": 2,
  "0_-1_0 > 1_0_0": 1,
  "E_0_0 > 1_0_1": 1,
  "0_0_1 > 1_0_1": 2,
  "0_-1_1 > 1_0_1": 1,
  // Logits of tokens 0 and 1 at the last position: the first and the second value.
  "E_0_0 > 3_0_1": 1,
  "0_0_1 > 3_0_1": 2,
  "0_-1_1 > 3_0_1": 1,
  "E_1_1 > 3_1_1": 2,
  "0_0_1 > 3_1_1": 2 * (-1 + 5), // in its own layer and in the next
  "1_0_1 > 3_1_1": 4,
  "0_-1_1 > 3_1_1": -1,
  "1_-1_1 > 3_1_1": -14, // the second MLP adds nothing: all that transcoders write there is wrong
};

test("every edge of a small model is what it is by hand, and nothing is left", () => {
  const { numTensors } = memory();
  const graph = toyGraph();
  const found = edges(graph);
  assert.equal(Object.keys(found).sort(), Object.keys(BY_HAND).sort());
  for (const [name, weight] of Object.entries(BY_HAND)) near(found[name] ?? Number.NaN, weight, name);
  assert.equal(graph.counts, { features: 4, errors: 4, tokens: 2, logits: 2 });
  const shown = graph.nodes.map(({ id, activation, bias }) => [id, activation, bias]);
  assert.equal(shown.slice(0, 4), [
    ["0_0_0", 2, -1],
    ["0_0_1", 2, -1],
    ["1_0_0", 6, 0],
    ["1_0_1", 4, 0],
  ]);
  assert.equal(shown.slice(-2), [
    ["3_0_1", 4, 0],
    ["3_1_1", -1, 0],
  ]);
  assert.is(memory().numTensors, numTensors);
});

test("the best features alone are nodes where there shall be fewer, and their edges are the same", () => {
  const [all, some] = [edges(toyGraph()), toyGraph({ maxFeatures: 2, batchSize: 1 })];
  assert.equal(
    some.nodes.slice(0, 2).map(({ id }) => id),
    ["0_0_1", "1_0_1"], // features of the first position act on neither logit
  );
  assert.is(some.activeFeatures, 4);
  for (const [name, weight] of Object.entries(edges(some))) near(weight, all[name] ?? Number.NaN, name);
});

test("what MLPs add at positions without features is a bias", () => {
  const graph = toyGraph({ withoutFeatures: [0] });
  assert.equal(
    graph.nodes.slice(0, 2).map(({ id }) => id),
    ["0_0_1", "1_0_1"],
  );
  near(edges(graph)["0_-1_1 > 1_0_1"] ?? Number.NaN, 1, "the error behind");
  const first = toyGraph({ withoutFeatures: [0], position: 0, logits: [1] });
  // The token's embedding has nothing of that logit.
  assert.ok(Object.keys(edges(first)).every((name) => !name.endsWith("> 3_1_0")));
  near(first.nodes.at(-1)?.bias ?? Number.NaN, -3, "all that the first MLP adds");
});

test("the likeliest tokens are explained, or those that are told", () => {
  const counts = (more: object): number => toyGraph({ logits: undefined, ...more }).counts.logits;
  assert.is(counts({}), 1); // 0.99 of the probability
  assert.is(counts({ logitProbability: 0.999 }), 2);
  assert.is(counts({ logitProbability: 1, maxLogits: 2 }), 2);
  const graph = toyGraph({ logits: [2] });
  const { probability, activation } = graph.nodes.at(-1) ?? {};
  near(probability ?? 0, Math.exp(-3) / (Math.exp(4) + Math.exp(-1) + Math.exp(-3)), "probability");
  near(activation ?? 0, -3, "logit");
});

for (const [name, kind] of [
  ["gpt2", { isCrossLayer: true, hasSkip: true, input: "hook_resid_mid" }],
  ["gemma2", { activation: "jumpRelu", isCrossLayer: true, input: "ln2.hook_normalized" }],
  ["gpt-neox", { activation: "topK" }],
  ["qwen3", { activation: "gated", hasSkip: true, input: "ln2.hook_normalized" }],
] as const)
  test(`${name}: what acts on a feature or a logit adds up to its activation, with its bias`, () =>
    withFamily(name, async (model, tokens) => {
      using transcoders = randomTranscoders(model, kind);
      for (const layer of transcoders.layers) assert.ok(layer.decoderNorms.size > 0); // kept once it is known
      const { numTensors } = memory();
      const progress: number[] = [];
      const graph = await attributionGraphAsync(model, tokens, {
        transcoders,
        withoutFeatures: name === "gpt2" ? [0, -2] : [],
        onProgress: ({ done, total }) => progress.push(done / total),
      });
      assert.is(memory().numTensors, numTensors);
      assert.is(countHooks(model), 0);
      assert.is(progress.at(-1), 1);
      assert.ok(graph.counts.features > 10);
      const sources = graph.nodes.length - graph.counts.logits;
      const targets = [...graph.nodes.slice(0, graph.counts.features), ...graph.nodes.slice(sources)];
      targets.forEach(({ id, bias = Number.NaN, activation = Number.NaN }, at) => {
        const row = graph.weights.subarray(at * sources, (at + 1) * sources);
        const sum = row.reduce((a, b) => a + b, bias);
        assert.ok(
          Math.abs(sum - activation) < 1e-3 * (1 + Math.abs(activation)),
          `${id}: ${sum} for ${activation}`,
        );
      });
    }));

test("weights do not depend on the size of batches", () =>
  withFamily("llama", (model, tokens) => {
    using transcoders = randomTranscoders(model, { isCrossLayer: true });
    const graph = attributionGraph(model, tokens, { transcoders, batchSize: 7 });
    const whole = attributionGraph(model, tokens, { transcoders, batchSize: 100 });
    whole.weights.forEach((weight, at) => near(graph.weights[at] ?? Number.NaN, weight, `weight ${at}`));
  }));

test("progress ends with as many passes as it has told of, where the best features are chosen on the way, too", () =>
  withFamily("llama", (model, tokens) => {
    using transcoders = randomTranscoders(model, { dSae: 24 });
    for (const maxFeatures of [3, 10, 30]) {
      const told: { readonly done: number; readonly total: number }[] = [];
      attributionGraph(model, tokens, { transcoders, maxFeatures, batchSize: 4, onProgress: (each) => told.push({ ...each }) }); // prettier-ignore
      assert.equal(
        told.map(({ done }) => done),
        told.map((_, i) => i + 1),
      );
      assert.ok(
        told.every(({ done, total }) => done <= total),
        JSON.stringify(told),
      );
      assert.is(told.at(-1)?.total, told.length);
    }
  }));

test("what does not fit is refused, and leaves nothing", async () => {
  using model = toyModel();
  using transcoders = toyTranscoders();
  const tokens: Tensor2D = tensor2d([[0, 1]], undefined, "int32");
  const two: Tensor2D = tensor2d([[0], [1]], undefined, "int32");
  const { numTensors } = memory();
  const fails = (more: object, given = tokens): readonly [string, string] =>
    failure(() => attributionGraph(model, given, { transcoders, ...more }));
  assert.match(
    fails({}, two)[1],
    "the option tokens is int32 [2, 1]. Give the tokens of one prompt, int32 [1, pos].",
  );
  assert.equal(fails({ batchSize: 0 }), [
    "CIRCUIT_OPTION",
    "attributionGraph: the option batchSize is 0. Give a whole number from 1 up.",
  ]);
  assert.match(fails({ transcoders: {} })[1], "Give Transcoders.");
  assert.match(fails({ logits: [] })[1], "Give a list of tokens.");
  assert.match(fails({ logitProbability: 2 })[1], "Give a number above 0, up to 1.");
  assert.match(fails({ nodes: 1 })[1], "the option nodes is 1. Give one of transcoders, input");
  assert.is(fails({ logits: [3] })[0], "CIRCUIT_TOKEN");
  assert.is(fails({ position: 2 })[0], "CIRCUIT_POSITION");
  assert.is(fails({ withoutFeatures: [-3] })[0], "CIRCUIT_POSITION");
  assert.is(fails({ output: "blocks.{layer}.hook_mlp" })[0], "TRANSCODER_SITES");
  assert.is(failure(() => attributionGraph({} as never, tokens, { transcoders }))[0], "CIRCUIT_MODEL");
  const controller = new AbortController();
  const aborted = attributionGraphAsync(model, tokens, {
    transcoders,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  assert.is((await asyncFailure(aborted))[0], "CIRCUIT_ABORTED");
  assert.is(memory().numTensors, numTensors);
  assert.is(countHooks(model), 0);
  for (const one of [tokens, two]) one.dispose();
});

test("what is not linear is refused", async () => {
  await withFamily("olmo", (model, tokens) => {
    using transcoders = randomTranscoders(model);
    assert.equal(
      failure(() => attributionGraph(model, tokens, { transcoders })),
      [
        "ATTRIBUTION_NOT_LINEAR",
        "What is between features of olmo is not linear: its values are clipped. Take transcoders of all layers and a model whose attention adds what its values are, and no hooks that change what is frozen.",
      ],
    );
  });
  using model = toyModel();
  using whole = toyTranscoders();
  const tokens: Tensor2D = tensor2d([[0, 1]], undefined, "int32");
  using transcoders = new Transcoders(whole.layers.slice(0, 1));
  assert.match(failure(() => attributionGraph(model, tokens, { transcoders }))[1], "the MLPs of 2 layers are replaced by transcoders of 1"); // prettier-ignore
  using hooked = new Squares().prepare(model);
  const [code, text] = failure(() => attributionGraph(hooked, tokens, { transcoders: whole }));
  assert.is(code, "ATTRIBUTION_NOT_LINEAR");
  assert.match(text, "its sources add up to");
  tokens.dispose();
});

test.run();
