import {
  ablateHeads,
  attributionGraph,
  captureStream,
  detectHeads,
  discoverCircuit,
  faithfulness,
  fullDecomposition,
  type Labelled,
  logitDifference,
  logitLens,
  logProbability,
  type Metric,
  pathPatching,
  PatchingSweep,
  patchTables,
  scoreCircuit,
  SCORERS,
  tokenLogit,
} from "@hookdict/circuits";
import { nextTokenLoss } from "@hookdict/latent";
import { randomModel, type Transformer } from "@hookdict/models";
import { memory } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { randomTranscoders } from "./attribution/random.ts";
import { ids, type Prompts } from "./sweep/prompts.ts";

const test = suite("circuits of the smallest models and prompts");

const made = (dVocab: number): Transformer =>
  randomModel(
    { model_type: "gpt2", n_embd: 8, n_layer: 1, n_head: 2, vocab_size: dVocab, n_positions: 8 },
    { seed: 1 },
  );

const numbers = (found: Labelled): number[] => {
  const values = [...found.get("values").dataSync()];
  found.dispose();
  return values;
};

/** Everything that takes two prompts and a metric; the numbers that it gives. */
function all(model: Transformer, prompts: Prompts, metric: Metric): number[] {
  using hooked = new PatchingSweep({ tables: patchTables(["resid_pre", "block_every"]), metrics: metric }).prepare(model); // prettier-ignore
  using swept = hooked.sweep(prompts);
  using run = captureStream(model, prompts.clean);
  using lens = logitLens(run, { topK: 1, tokens: [0], chunk: 1 });
  const { edges } = discoverCircuit(model, prompts, { metric, threshold: 0 });
  const [whole] = faithfulness(model, prompts, [{ nodes: [], edges }], { metric });
  return [
    ...swept.get(["resid_pre", "values"]).dataSync(),
    ...numbers(ablateHeads(model, prompts.clean, { metrics: metric })),
    ...numbers(pathPatching(model, prompts, { receivers: "final", metrics: metric })),
    ...SCORERS.flatMap(({ name }) => {
      using scores = scoreCircuit(model, prompts, { metric, scorer: name });
      return [...scores.get("values").dataSync()];
    }),
    ...numbers(detectHeads(model, prompts.clean, { pattern: "previousToken", measure: "abs" })),
    ...numbers(fullDecomposition(run)),
    ...lens.get("entropy").dataSync(),
    whole?.ablated ?? NaN,
  ];
}

for (const [name, dVocab, clean, corrupt, metric] of [
  ["one layer", 11, [3, 5, 2], [3, 6, 2], logitDifference(1, 4)],
  ["one token of one layer", 11, [3], [4], logProbability(2)],
  ["a vocabulary of one token", 1, [0, 0, 0], [0, 0, 0], tokenLogit(0)],
  ["one token of a vocabulary of one", 1, [0], [0], tokenLogit(0)],
] as const)
  test(`${name}: everything gives numbers, and leaves nothing`, () => {
    using model = made(dVocab);
    const prompts = { clean: ids([[...clean]]), corrupt: ids([[...corrupt]]) };
    const before = memory().numTensors;
    const found = all(model, prompts, metric);
    assert.ok(found.length > 100);
    assert.ok(found.every(Number.isFinite), found.filter((each) => !Number.isFinite(each)).join());
    assert.is(memory().numTensors, before);
    for (const each of Object.values(prompts)) each.dispose();
  });

test("the loss in a vocabulary of one token is 0", () => {
  using model = made(1);
  const tokens = ids([[0, 0, 0]]);
  const logits = model.call(tokens);
  const losses = [model.loss(tokens), nextTokenLoss(logits, tokens)];
  for (const loss of losses) assert.ok(Math.abs(loss.dataSync()[0] ?? NaN) < 1e-6);
  for (const each of [tokens, logits, ...losses]) each.dispose();
});

test("the attribution graph of one token: with its bias, each row adds up to its target's activation", () => {
  using model = made(11);
  using transcoders = randomTranscoders(model, { input: "hook_resid_mid", dSae: 32 });
  const tokens = ids([[3]]);
  const { nodes, counts, weights } = attributionGraph(model, tokens, { transcoders, logits: [1, 2] });
  tokens.dispose();
  assert.equal(counts, { features: counts.features, errors: 1, tokens: 1, logits: 2 });
  const width = nodes.length - 2;
  const targets = [...nodes.slice(0, counts.features), ...nodes.slice(-2)];
  assert.ok(counts.features > 0);
  targets.forEach(({ activation = NaN, bias = NaN }, row) => {
    const sum = weights.subarray(row * width, (row + 1) * width).reduce((a, b) => a + b, bias);
    assert.ok(Math.abs(sum - activation) < 1e-4, `${sum} for ${activation}`);
  });
});

test.run();
