import { HookFactory, type HookInfo } from "@hookdict/core";
import { type TensorDict } from "@hookdict/tensordict";
import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, tensor1d, tensor2d, type Tensor, zerosLike } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain, graph, ints, placeholder, split } from "./models.ts";

const test = suite("replacing at nodes");

test("a replaced output is what all readers of the node get", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("block.twice", "fwd", (value: Tensor) => mul(value, 10));
  assert.equal(take(hooked.call(x)), [21 * 20, 201 * 200]);
  x.dispose();
  model.dispose();
});

test("replaced inputs change the one node, not the other readers of the same tensor", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("block.shifted", "fwd_pre", (value: Tensor) => mul(value, 10));
  assert.equal(take(hooked.call(x)), [(20 + 1) * 2, (200 + 1) * 20]);
  x.dispose();
  model.dispose();
});

test("an input that a node reads twice can be replaced once", () => {
  const model = graph({ nodes: [placeholder("x", []), { name: "square", op: "Mul", input: ["x", "x"] }] });
  const x = scalar(3);
  using hooked = new ActivationCaching("square").prepare(hookGraph(model));
  hooked.context.hook("square", "fwd_pre", ([a, b]: [Tensor, Tensor]) => [a, mul(b, 10)]);
  assert.equal(take(hooked.call(x)), [3 * 30]);
  x.dispose();
});

test("one of several outputs can be replaced", () => {
  const model = split();
  const x = tensor1d([1, 10, 100]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("parts", "fwd", ([a, b, c]: Tensor[]) => [a, mul(b as Tensor, 3), c]);
  assert.equal(take(hooked.call(x)), [30 * 100]);
  x.dispose();
  model.dispose();
});

test("the output of a comparison can be replaced, too", () => {
  const model = graph({
    nodes: [
      placeholder("x", [2]),
      { name: "above", op: "Greater", input: ["x", "x"] },
      { name: "out", op: "LogicalNot", input: ["above"] },
    ],
  });
  const x = tensor1d([1, 2]);
  const truth = tensor1d([true, false]);
  using hooked = new ActivationCaching("above").prepare(hookGraph(model));
  assert.equal(take(hooked.call(x)), [1, 1]);
  hooked.context.hook("above", "fwd", () => truth);
  assert.equal(take(hooked.call(x)), [0, 1]);
  x.dispose();
  truth.dispose();
});

test("replacements at several nodes act in the graph's order, each on what the ones before left", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  const seen: string[] = [];
  const tenfold = (value: Tensor, info: HookInfo): Tensor => {
    seen.push(info.site.path);
    return mul(value, 10);
  };
  for (const path of ["out", "block.shifted", "block.twice"]) hooked.context.hook(path, "fwd", tenfold);
  assert.equal(take(hooked.call(x)), [10 * 10 * 21 * 20, 10 * 10 * 201 * 200]);
  assert.equal(seen, ["block.twice", "block.shifted", "out"]);
  x.dispose();
  model.dispose();
});

test("a node of shapes decides on its own inputs", () => {
  const model = graph({
    nodes: [placeholder("x", [2, 2]), { name: "total", op: "Sum", input: ["x", "axis"] }],
    constants: { axis: ints([1]) },
  });
  const x = tensor2d([1, 2, 3, 4], [2, 2]);
  using hooked = new ActivationCaching("total").prepare(hookGraph(model));
  hooked.context.hook("total", "fwd_pre", (value: Tensor) => mul(value, 10));
  assert.equal(take(hooked.call(x)), [30, 70]);
  x.dispose();
  model.dispose();
});

test("the kwargs directions see the inputs and no keywords", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  const seen: unknown[] = [];
  hooked.context.hook(
    "block.shifted",
    "fwd_pre_kwargs",
    ({ inputs, kwargs }: { inputs: Tensor; kwargs: unknown }) => {
      seen.push(kwargs);
      return { inputs: mul(inputs, 10), kwargs };
    },
  );
  hooked.context.hook("block.shifted", "fwd_kwargs", (value: Tensor, info) => {
    seen.push(info.kwargs);
    return mul(value, 2);
  });
  assert.equal(take(hooked.call(x)), [2 * 21 * 2, 2 * 201 * 20]);
  assert.equal(seen, [undefined, undefined]);
  x.dispose();
  model.dispose();
});

test("a stopped run computes nothing after its node", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  hooked.context.hook("block.shifted", "fwd", HookFactory.stop());
  assert.equal(hooked.tryCall(x), { stopped: true, at: "block.shifted" });
  assert.equal([...hooked.cache.get<TensorDict>("fwd").keys()].map(String), ["block.twice", "block.shifted"]);
  x.dispose();
  model.dispose();
});

test("putting each node's own output in its place changes nothing", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  const plain = take(model.predict(x) as Tensor);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  hooked.context.hook("**", "fwd", (value: Tensor) => value);
  hooked.context.hook("**", "fwd_pre", (value: Tensor | Tensor[]) => value);
  assert.equal(take(hooked.call(x)), plain);
  x.dispose();
  model.dispose();
});

test("a hook may return a tensor from outside, or an input of the node", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  const outside = tensor1d([5, 6]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("block.twice", "fwd", () => outside);
  hooked.context.hook("block.shifted", "fwd", (_value: Tensor, info) => info.inputs);
  assert.equal(take(hooked.call(x)), [5 * 5, 6 * 6]);
  assert.equal([...outside.dataSync()], [5, 6]);
  assert.equal([...x.dataSync()], [1, 10]);
  x.dispose();
  outside.dispose();
  model.dispose();
});

test("a hook that calls the model does not fire inside itself", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("out", "fwd", (value: Tensor) => {
    const zero = zerosLike(value);
    return model.predict(zero);
  });
  assert.equal(take(hooked.call(x)), [0, 0]);
  x.dispose();
  model.dispose();
});

test.run();
