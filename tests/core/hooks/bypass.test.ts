import { bypass, hookFunction, MultiHookManager, site } from "@hookdict/core";
import { collectTensors } from "@hookdict/tensordict/tensors";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { tinyGraph, tinyLayers, TinyModule, tinyTokens } from "@hookdict/core/testing";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { add, mul, scalar, type Tensor, tidy, zeros } from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { assert, suite, thrown } from "../../gate/suite.ts";

const test = suite("bypassed sites and bare models");

/** The output of a model whose site `mix` gives zeros without running. */
function withoutMix(model: ConstructorParameters<typeof MultiHookManager>[0], seen: number[][]): number[] {
  const tokens = tinyTokens();
  using manager = new MultiHookManager(model);
  manager.register("mix", "fwd_pre", (input: Tensor) => bypass(mul(input, 0)));
  manager.register("mix", "fwd", (output: Tensor) => {
    seen.push(output.shape);
  });
  const output = model.hookTarget().call([tokens]) as Tensor;
  const values = [...output.dataSync()];
  output.dispose();
  tokens.dispose();
  return values;
}

test("a site that a pre hook bypasses does not run, and its hooks see what stands in for it", async () => {
  const outputs: number[][] = [];
  const seen: number[][] = [];
  using own = new TinyModule();
  outputs.push(withoutMix(own, seen));
  const layers = await tinyLayers(loadLayersModel);
  outputs.push(withoutMix(hookLayers(layers), seen));
  for (const { val } of layers.weights as unknown as { val: Tensor }[]) val.dispose();
  const before = seen.length;
  assert.ok(before >= 2);
  assert.equal(
    outputs[1]?.map((value) => value.toFixed(4)),
    outputs[0]?.map((value) => value.toFixed(4)),
  );
  const graph = await tinyGraph(loadGraphModel);
  assert.is(withoutMix(hookGraph(graph), seen).length, outputs[0]?.length);
  assert.is(seen.length, before + 1);
  graph.dispose();
});

test("the last bypass of a site counts", () => {
  const model = hookFunction((x: Tensor) => site("a", add(x, 1)));
  const x = scalar(1);
  using manager = new MultiHookManager(model);
  model.call(x).dispose();
  manager.register("a", "fwd_pre", () => bypass(scalar(5)));
  manager.register("a", "fwd_pre", () => bypass(scalar(6)));
  const output = model.hookTarget().call([x]);
  assert.equal([...output.dataSync()], [6]);
  output.dispose();
  x.dispose();
});

test("a bare model runs without hooks and counts nothing", () => {
  using model = new TinyModule();
  const tokens = tinyTokens();
  const calls: number[] = [];
  using manager = new MultiHookManager(model);
  manager.register("embed", "fwd", (_: unknown, { pass }) => void calls.push(pass));
  const target = model.hookTarget();
  const { runId } = target;
  target.bare(() => {
    assert.ok(target.isBare);
    tidy(() => void model.call(tokens as never));
    target.hooked(() => tidy(() => void model.call(tokens as never)));
  });
  assert.not(target.isBare);
  assert.equal(calls, [0]);
  assert.ok(target.runId > runId);
  tokens.dispose();
});

test("hooks that come while a model is bare can be refused", () => {
  using model = new TinyModule();
  const target = model.hookTarget();
  const refuse = (owner: string): Error => new Error(`${owner} came`);
  const register = (): unknown =>
    target.bare(
      () => new MultiHookManager(model, { name: "late" }).register("embed", "fwd", () => undefined),
      refuse,
    );
  assert.is(thrown(register).message, "late came");
  assert.is(model.hookSlot, null);
});

test("tensors are collected and kept, also when the function throws", () => {
  const made: Tensor[] = [];
  tidy(() => {
    collectTensors(() => void zeros([1]), made);
    thrown(() =>
      collectTensors(() => {
        zeros([2]);
        throw new Error("mine");
      }, made),
    );
  });
  assert.equal(
    made.map((tensor) => [tensor.isDisposed, tensor.shape[0]]),
    [
      [false, 1],
      [false, 2],
    ],
  );
  for (const tensor of made) tensor.dispose();
});

test.run();
