import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { mul, neg, scalar, sum, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain, graph, ints, placeholder, split } from "./models.ts";

const test = suite("gradients at nodes");

test("the gradient with respect to a node's output and inputs, whatever leads there", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("block.*", { directions: ["bwd_pre", "bwd"] }).prepare(
    hookGraph(model),
  );
  hooked.backward(() => sum(hooked.call(x)));
  // out = (t + 1) · t with t = 2x
  assert.equal([...hooked.cache.get<Tensor>(["bwd_pre", "block.shifted"]).dataSync()], [2, 20]);
  assert.equal([...hooked.cache.get<Tensor>(["bwd_pre", "block.twice"]).dataSync()], [2 * 2 + 1, 2 * 20 + 1]);
  assert.equal([...hooked.cache.get<Tensor>(["bwd", "block.twice"]).dataSync()], [2 * 5, 2 * 41]);
  x.dispose();
  model.dispose();
});

test("a replaced gradient is what flows on upstream", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("block.twice", { directions: ["bwd_pre"] }).prepare(hookGraph(model));
  hooked.context.hook("block.shifted", "bwd", (gradient: Tensor) => mul(gradient, 10));
  hooked.backward(() => sum(hooked.model.predict(x) as Tensor));
  assert.equal(
    [...hooked.cache.get<Tensor>(["bwd_pre", "block.twice"]).dataSync()],
    [10 * 2 + 3, 10 * 20 + 21],
  );
  x.dispose();
  model.dispose();
});

test("outputs of a node that nobody reads have the gradient zero", () => {
  const model = split();
  const x = tensor1d([1, 10, 100]);
  using hooked = new ActivationCaching("parts", { directions: ["bwd_pre", "bwd"] }).prepare(hookGraph(model));
  hooked.backward(() => sum(hooked.call(x)));
  for (const [i, value] of [0, 100, 10].entries())
    assert.equal([...hooked.cache.get<Tensor>(["bwd_pre", "parts", String(i)]).dataSync()], [value]);
  assert.equal([...hooked.cache.get<Tensor>(["bwd", "parts"]).dataSync()], [0, 100, 10]);
  x.dispose();
  model.dispose();
});

test("gradients pass a StridedSlice", () => {
  const model = graph({
    nodes: [
      placeholder("x", [4]),
      { name: "negative", op: "Neg", input: ["x"] },
      { name: "every", op: "StridedSlice", input: ["negative", "begin", "end", "step"] },
      { name: "out", op: "Square", input: ["every"] },
    ],
    constants: { begin: ints([3]), end: ints([0]), step: ints([-2]) },
  });
  const x = tensor1d([1, 2, 3, 4]);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  const { value, gradInputs } = hooked.valueAndGradInputs(() => sum(hooked.call(x)), "negative");
  assert.equal(take(value), [16 + 4]);
  assert.equal([...gradInputs.get<Tensor>("negative").dataSync()], [0, 2 * 2, 0, 2 * 4]);
  gradInputs.dispose();
  x.dispose();
  model.dispose();
});

test("a constant has a gradient, if it is a site", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  const hookable = hookGraph(model, { constants: true });
  using hooked = new ActivationCaching("two", { directions: ["bwd_pre"] }).prepare(hookable);
  hooked.backward(() => sum(hooked.call(x)));
  // d(wx + 1)wx/dw = 2wx² + x, summed over x
  assert.is(hooked.cache.get<Tensor>(["bwd_pre", "two"]).dataSync()[0], 4 + 1 + 400 + 10);
  x.dispose();
  model.dispose();
});

test("forward and backward hooks act on one run", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("block.twice", { directions: ["fwd", "bwd_pre"] }).prepare(
    hookGraph(model),
  );
  hooked.context.hook("block.shifted", "fwd", (value: Tensor) => neg(value));
  hooked.backward(() => sum(hooked.call(x)));
  assert.equal([...hooked.cache.get<Tensor>(["fwd", "block.twice"]).dataSync()], [2, 20]);
  assert.equal([...hooked.cache.get<Tensor>(["bwd_pre", "block.twice"]).dataSync()], [-5, -41]);
  x.dispose();
  model.dispose();
});

test("a hook that throws in the backward pass leaves no tensor", () => {
  const model = graph({
    nodes: [
      placeholder("x", []),
      { name: "twice", op: "Neg", input: ["x"] },
      { name: "out", op: "Square", input: ["twice"] },
    ],
  });
  const x = scalar(3);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("twice", "bwd_pre", () => {
    throw new TypeError("no");
  });
  assert.throws(() => hooked.backward(() => hooked.call(x)), "threw TypeError: no");
  x.dispose();
});

test.run();
