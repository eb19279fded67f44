import type { TensorDict } from "@hookdict/tensordict";
import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { deregisterOp, registerOp } from "@tensorflow/tfjs-converter";
import { mul, scalar, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { chain, floats, graph, placeholder, split } from "./models.ts";

const test = suite("capturing nodes");

test("nodes that compute are sites, in the order in which they run; constants and placeholders are not", () => {
  const model = chain();
  const sites = hookGraph(model).hookTarget().sites();
  assert.equal(
    sites.map(({ path, type, kind }) => [path, type, kind]),
    [
      ["block.twice", "Mul", "node"],
      ["block.shifted", "AddV2", "node"],
      ["out", "Mul", "node"],
    ],
  );
  model.dispose();
});

test("an order in the file that no run could take does not matter", () => {
  const model = graph({
    nodes: [
      { name: "out", op: "Neg", input: ["mid"] },
      { name: "mid", op: "Neg", input: ["x"] },
      placeholder("x", []),
    ],
  });
  const sites = hookGraph(model).hookTarget().sites();
  assert.equal(
    sites.map(({ path }) => path),
    ["mid", "out"],
  );
});

test("a glob over the parts of node names captures their outputs", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("block.*").prepare(hookGraph(model));
  assert.equal(take(hooked.call(x)), [(2 + 1) * 2, (20 + 1) * 20]);
  assert.equal([...hooked.cache.get<Tensor>(["fwd", "block.twice"]).dataSync()], [2, 20]);
  assert.equal([...hooked.cache.get<Tensor>(["fwd", "block.shifted"]).dataSync()], [3, 21]);
  assert.not(hooked.cache.has(["fwd", "out"]));
  x.dispose();
  model.dispose();
});

test("a node with several outputs is captured as a tuple", () => {
  const model = split();
  const x = tensor1d([1, 10, 100]);
  using hooked = new ActivationCaching("parts").prepare(hookGraph(model));
  assert.equal(take(hooked.call(x)), [10 * 100]);
  for (const [i, value] of [1, 10, 100].entries())
    assert.equal([...hooked.cache.get<Tensor>(["fwd", "parts", String(i)]).dataSync()], [value]);
  x.dispose();
  model.dispose();
});

test("inputs are what comes from other nodes: constants of the graph are left out", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("**", { directions: ["fwd_pre"] }).prepare(hookGraph(model));
  take(hooked.call(x));
  assert.equal([...hooked.cache.get<Tensor>(["fwd_pre", "block.shifted"]).dataSync()], [2, 20]);
  assert.equal([...hooked.cache.get<Tensor>(["fwd_pre", "out", "0"]).dataSync()], [3, 21]);
  assert.equal([...hooked.cache.get<Tensor>(["fwd_pre", "out", "1"]).dataSync()], [2, 20]);
  x.dispose();
  model.dispose();
});

test("no node runs twice, whatever is hooked", () => {
  let runs = 0;
  registerOp("Counted", ({ inputs: [x] }) => {
    runs++;
    return mul(x as Tensor, 2);
  });
  const model = graph({
    nodes: [
      placeholder("x", []),
      { name: "first", op: "Counted", input: ["x"] },
      { name: "second", op: "Counted", input: ["first"] },
      { name: "third", op: "Counted", input: ["second"] },
    ],
  });
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("**", { directions: ["fwd", "fwd_pre"] }).prepare(hookGraph(model));
    hooked.context.hook("*", "fwd", (value: Tensor) => mul(value, 10));
    hooked.context.hook("second", "fwd_pre", (value: Tensor) => mul(value, 7));
    assert.equal(take(hooked.call(x)), [2 * 10 * 7 * 2 * 10 * 2 * 10]);
  }
  assert.is(runs, 3);
  x.dispose();
  deregisterOp("Counted");
});

test("hooks fire in every use of the model: predict, execute, with other outputs, fed in the middle", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  const captured = (): string[] => [...hooked.cache.get<TensorDict>("fwd").keys()].map(String);
  take(model.predict(x) as Tensor);
  assert.equal(captured(), ["block.twice", "block.shifted", "out"]);
  take(model.execute({ x }, "block/twice") as Tensor);
  assert.equal(captured(), ["block.twice"]);
  assert.equal(hooked.unfired, ["block.shifted", "out"]);
  assert.equal(take(hooked.call({ "block/twice": x }, "block/shifted")), [2, 11]);
  assert.equal(captured(), ["block.shifted"]);
  x.dispose();
  model.dispose();
});

test("placeholders and constants are sites if one asks for them", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  const hookable = hookGraph(model, { constants: true, placeholders: true });
  using hooked = new ActivationCaching("{x,two,one}").prepare(hookable);
  assert.equal(
    hooked.sites.map(({ path }) => path),
    ["x", "two", "one", "block.twice", "block.shifted", "out"],
  );
  hooked.context.hook("two", "fwd", (value: Tensor) => mul(value, 5));
  hooked.context.hook("x", "fwd", (value: Tensor) => mul(value, 3));
  assert.equal(take(hooked.call(x)), [31 * 30, 301 * 300]);
  assert.equal([...hooked.cache.get<Tensor>(["fwd", "two"]).dataSync()], [2]);
  take(hooked.call({ "block/twice": x }, "block/shifted"));
  assert.equal([...hooked.cache.get<TensorDict>("fwd").keys()].map(String), ["one"]);
  x.dispose();
  model.dispose();
});

test("structured outputs come as a record, several as an array", () => {
  const parts = {
    nodes: [
      placeholder("x", []),
      { name: "twice", op: "Mul", input: ["x", "two"] },
      { name: "negative", op: "Neg", input: ["x"] },
    ],
    constants: { two: floats(2) },
  };
  const x = scalar(4);
  const plain = graph(parts);
  using several = new ActivationCaching("twice").prepare(hookGraph<typeof plain, Tensor[]>(plain));
  assert.equal(several.call(x).map(take), [[8], [-4]]);
  const named = graph({ ...parts, metadata: { structuredOutputKeys: ["a", "b"] } });
  using record = new ActivationCaching("twice").prepare(
    hookGraph<typeof named, { a: Tensor; b: Tensor }>(named),
  );
  const { a, b } = record.call(x);
  assert.equal([take(a), take(b)], [[8], [-4]]);
  x.dispose();
  plain.dispose();
  named.dispose();
});

test("axes are declared by path or glob", () => {
  const model = chain();
  const hookable = hookGraph(model, { axes: { "block.*": ["unit"], "**": ["any"] } });
  assert.equal(
    hookable
      .hookTarget()
      .sites()
      .map(({ axes }) => axes),
    [["unit"], ["unit"], ["any"]],
  );
  model.dispose();
});

test.run();
