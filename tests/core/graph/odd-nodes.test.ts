import { type GraphPlace, hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import type { TensorDict } from "@hookdict/tensordict";
import { add, concat, mul, sum, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { deregisterOp, registerOp } from "@tensorflow/tfjs-converter";
import { assert, suite } from "../../gate/suite.ts";
import { floats, graph, placeholder } from "./models.ts";

const test = suite("nodes with many outputs, and constants that wait");

test("a hooked node hands on every output, however many its operation has", () => {
  registerOp("Fan", ({ inputs }) => Array.from({ length: 7 }, (_, i) => mul(inputs[0] as Tensor, i + 1)));
  const model = graph({
    nodes: [
      placeholder("x", [2]),
      { name: "fan", op: "Fan", input: ["x"] },
      { name: "fourth", op: "Neg", input: ["fan:3"] },
      { name: "last", op: "Neg", input: ["fan:6"] },
      { name: "out", op: "Sub", input: ["fourth", "last"] },
    ],
  });
  const x = tensor1d([1, 10]);
  {
    using hooked = new ActivationCaching("fan").prepare(hookGraph(model));
    hooked.context.hook("fan", "fwd", (values: Tensor[]) => values.map((value) => add(value, 1)));
    const out = hooked.call(x);
    assert.equal([...out.dataSync()], [-4 - 1 + 7 + 1, -40 - 1 + 70 + 1]);
    assert.is(hooked.cache.get(["fwd", "fan", "6"]).dataSync()[1], 70);
    const sixth = hooked.call(x, "fan:5");
    assert.equal([...sixth.dataSync()], [7, 61]);
    out.dispose();
    sixth.dispose();
  }
  deregisterOp("Fan");
  model.dispose();
  x.dispose();
});

/** out = x · c + c, where c comes after the input. */
const waiting = (): ReturnType<typeof graph> =>
  graph({
    nodes: [
      placeholder("x", [2]),
      {
        name: "c",
        op: "Const",
        input: ["^x"],
        attr: {
          dtype: { type: "DT_FLOAT" },
          value: { tensor: { dtype: "DT_FLOAT", tensorShape: { dim: [] } } },
        },
      },
      { name: "product", op: "Mul", input: ["x", "k"] },
      { name: "out", op: "Neg", input: ["product"] },
    ],
    constants: { k: floats(3) },
  });

test("a constant that says what comes before it is no site that computes", () => {
  const model = waiting();
  const sites = hookGraph(model)
    .hookTarget()
    .sites()
    .map(({ path }) => path);
  assert.equal(sites, ["product", "out"]);
  model.dispose();
});

test("gradients, constants as sites and early stops go on with such a constant in the graph", () => {
  const model = waiting();
  const x = tensor1d([1, 2]);
  {
    using hooked = new ActivationCaching("{product,out}", { directions: ["bwd"] }).prepare(hookGraph(model));
    hooked.backward(() => sum(hooked.call(x, "out")));
    assert.equal([...hooked.cache.get<Tensor>(["bwd", "product"]).dataSync()], [-3, -3]);
  }
  {
    using stopping = new ActivationCaching("product", { stopEarly: true }).prepare(hookGraph(model));
    assert.equal(stopping.tryCall(x, "out"), { stopped: true, at: "product" });
  }
  const paths = hookGraph(model, { constants: true })
    .hookTarget()
    .sites()
    .map(({ path }) => path);
  assert.is(new Set(paths).size, paths.length);
  model.dispose();
  x.dispose();
});

test("what only comes before a node is none of its inputs", () => {
  const model = graph({
    nodes: [
      placeholder("x", [2]),
      { name: "first", op: "Square", input: ["x"] },
      { name: "same", op: "Identity", input: ["k", "^first"] },
      { name: "out", op: "Mul", input: ["x", "same", "^first"] },
    ],
    constants: { k: floats(3) },
  });
  const x = tensor1d([1, 2]);
  const hookable = hookGraph(model);
  {
    using hooked = new ActivationCaching("{same,out}", { directions: ["fwd_pre"] }).prepare(hookable);
    hooked.call(x).dispose();
    assert.is(hooked.cache.get<TensorDict>(["fwd_pre", "same"]).size, 0); // its one input is a constant
    assert.equal(
      ["0", "1"].map((key) => [...hooked.cache.get<Tensor>(["fwd_pre", "out", key]).dataSync()]),
      [[1, 2], [3]],
    );
    const place = hookable
      .hookTarget()
      .sites()
      .find(({ path }) => path === "first");
    assert.equal((hookable.hookTarget().placeAt(place!) as GraphPlace).readers.length, 0);
  }
  {
    using hooked = new ActivationCaching("out", { directions: ["bwd"] }).prepare(hookable);
    hooked.backward(() => sum(hooked.call(x)));
    assert.equal(
      ["0", "1"].map((key) => [...hooked.cache.get<Tensor>(["bwd", "out", key]).dataSync()]),
      [[3, 3], [3]],
    );
    assert.not.ok(hooked.cache.has(["bwd", "out", "2"]));
  }
  model.dispose();
  x.dispose();
});

test("what a graph reads of a node after its hooks is what the hooks left", () => {
  registerOp("Pair", ({ inputs }) => [
    concat([inputs[0] as Tensor, inputs[0] as Tensor]),
    mul(inputs[0] as Tensor, 2),
  ]);
  const model = graph({
    nodes: [
      placeholder("x", [1]),
      { name: "pair", op: "Pair", input: ["x"] },
      { name: "out", op: "Neg", input: ["pair:1"] },
    ],
  });
  const x = tensor1d([4]);
  {
    using hooked = new ActivationCaching("pair").prepare(hookGraph(model));
    const out = hooked.call(x);
    assert.equal([...out.dataSync()], [-8]);
    out.dispose();
  }
  deregisterOp("Pair");
  model.dispose();
  x.dispose();
});

test.run();
