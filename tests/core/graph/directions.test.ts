import { type Direction, type HookInfo, MultiHookManager } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { tinyGraph, tinyTokens } from "@hookdict/core/testing";
import { ActivationCaching } from "@hookdict/latent";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { mean, scalar, square, sum, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure, failure } from "../../support/failure.ts";
import { declareTrials } from "../hooks/direction-trials.ts";
import { graphModel } from "./direction-model.ts";
import { branches, chain } from "./models.ts";

const test = suite("directions of nodes");

declareTrials(test, graphModel);

test("keyword inputs for a node are refused, empty ones are none", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  const given = { kwargs: {} };
  const withKeyword = ({ inputs }: { inputs: Tensor }): unknown => ({ inputs, ...given });
  hooked.context.hook("block.shifted", "fwd_pre_kwargs", withKeyword);
  hooked.call(x).dispose();
  given.kwargs = { by: 7 };
  assert.equal(
    failure(() => hooked.call(x)),
    [
      "KWARGS_REFUSED",
      "The fwd_pre_kwargs hook of ActivationCaching at block.shifted returned the keyword inputs by, but a node of a graph takes none. " +
        "Return kwargs as it was given, undefined, or change the inputs alone with fwd_pre.",
    ],
  );
  x.dispose();
  model.dispose();
});

test("a constant and a placeholder have no inputs: fwd_pre sees the empty tuple", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using manager = new MultiHookManager(hookGraph(model, { constants: true, placeholders: true }));
  const seen: unknown[] = [];
  manager.register("{x,two}", "fwd_pre", (value: unknown, { site }: HookInfo) => {
    seen.push([site.path, value]);
  });
  (model.predict(x) as Tensor).dispose();
  assert.equal(seen, [
    ["x", []],
    ["two", []],
  ]);
  x.dispose();
  model.dispose();
});

test("a constant has no gradient with respect to its inputs, and bwd says so", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  const hookable = hookGraph(model, { constants: true });
  using hooked = new ActivationCaching("two", { directions: ["bwd"] }).prepare(hookable);
  assert.equal(
    failure(() => hooked.backward(() => sum(hooked.call(x)))),
    [
      "LOSS_INDEPENDENT",
      "The loss depends on no site with a backward hook: two (bwd): its input is tuple (), which has no gradient. " +
        "Compute the loss inside the function from what the model returns there, with differentiable operations.",
    ],
  );
  x.dispose();
  model.dispose();
});

test("a node that waits has no gradients: backward refuses to run it", () => {
  const model = branches();
  const x = scalar(1);
  using hooked = new ActivationCaching("{choice,out}", { directions: ["bwd", "bwd_pre"] }).prepare(
    hookGraph(model),
  );
  assert.is(failure(() => hooked.backward(() => hooked.call(x)))[0], "GRAPH_NEEDS_ASYNC");
  x.dispose();
  model.dispose();
});

test("fed what it would give, the rest has gradients, and the hooks of the node say that it did not run", () => {
  const model = branches();
  const inputs = { x: scalar(1), choice: scalar(7) };
  using hooked = new ActivationCaching("{choice,out}", { directions: ["bwd"] }).prepare(hookGraph(model));
  assert.equal(
    failure(() => hooked.backward(() => hooked.call(inputs))),
    [
      "BACKWARD_UNFIRED",
      "1 backward hook never fired: choice (bwd): the site did not run inside the function. " +
        'Narrow the pattern to sites that the loss depends on, or register with unfired: "ignore".',
    ],
  );
  for (const tensor of Object.values(inputs)) tensor.dispose();
  model.dispose();
});

/** Gradients of the tiny graph, whose `embed` looks up integer tokens in a constant table. */
async function gradientsAt(pattern: string, direction: Direction): Promise<unknown> {
  const model = await tinyGraph(loadGraphModel);
  const tokens = tinyTokens();
  using hooked = new ActivationCaching(pattern, { directions: [direction] }).prepare(hookGraph(model));
  try {
    hooked.backward(() => mean(square(hooked.call(tokens))));
    return hooked.cache.get<Tensor>([direction, "embed"]).shape;
  } finally {
    tokens.dispose();
    model.dispose();
  }
}

test("a lookup in a constant table has a gradient with respect to its output", async () => {
  assert.equal(await gradientsAt("embed", "bwd_pre"), [2, 3, 4]);
});

test("it has none with respect to its inputs, which are integers, and bwd says so", async () => {
  assert.equal(await asyncFailure(gradientsAt("{embed,mix}", "bwd")), [
    "BACKWARD_UNFIRED",
    "1 backward hook never fired: embed (bwd): its input is int32 [2, 3], which has no gradient. " +
      'Narrow the pattern to sites that the loss depends on, or register with unfired: "ignore".',
  ]);
  assert.equal(await asyncFailure(gradientsAt("embed", "bwd")), [
    "LOSS_INDEPENDENT",
    "The loss depends on no site with a backward hook: embed (bwd): its input is int32 [2, 3], which has no gradient. " +
      "Compute the loss inside the function from what the model returns there, with differentiable operations.",
  ]);
});

test.run();
