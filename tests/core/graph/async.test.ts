import { HookFactory } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { add, mul, scalar, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, rejected, suite, thrown } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { branches, chain, graph, loop, placeholder } from "./models.ts";

const test = suite("graphs with control flow");

async function rejection(promise: Promise<unknown>): Promise<Error & { readonly code?: string }> {
  return rejected(promise);
}

test("the nodes of branches and loops are sites below the name of their function", () => {
  const model = branches();
  const sites = hookGraph(model).hookTarget().sites();
  assert.equal(
    sites.map(({ path }) => path),
    ["isPositive", "choice", "out", "doubled.twice", "lowered.less"],
  );
  model.dispose();
});

test("the branch that is taken is captured, the other one has not run", async () => {
  const model = branches();
  const x = scalar(-3);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  assert.equal(take(await hooked.callAsync(x)), [-3 - 1 + 1]);
  assert.equal(take(hooked.cache.get<Tensor>(["fwd", "lowered.less"]).clone()), [-3 - 1]);
  assert.equal(hooked.unfired, ["doubled.twice"]);
  x.dispose();
  model.dispose();
});

test("what runs in a loop is captured each time", async () => {
  const model = loop();
  const x = scalar(20);
  using hooked = new ActivationCaching("grow.twice").prepare(hookGraph(model));
  assert.equal(take(await hooked.callAsync(x)), [20 * 8 + 1]);
  const keys = ["grow.twice", "grow.twice#1", "grow.twice#2"];
  assert.equal(
    keys.map((key) => hooked.cache.get<Tensor>(["fwd", key]).dataSync()[0]),
    [40, 80, 160],
  );
  x.dispose();
  model.dispose();
});

test("a loop that does not turn gives back its own inputs", async () => {
  const model = loop();
  const x = scalar(200);
  using hooked = new ActivationCaching("loop").prepare(hookGraph(model));
  assert.equal(take(await hooked.callAsync(x)), [200 + 1]);
  assert.is(hooked.cache.get<Tensor>(["fwd", "loop", "0"]).dataSync()[0], 200);
  x.dispose();
  model.dispose();
});

test("replacements act on a branch, on its inputs and inside of it", async () => {
  const model = branches();
  const x = scalar(3);
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  hooked.context.hook("choice", "fwd_pre", ([condition, value]: Tensor[]) => [
    condition,
    add(value as Tensor, 10),
  ]);
  hooked.context.hook("doubled.twice", "fwd", (value: Tensor) => mul(value, 5));
  hooked.context.hook("choice", "fwd", (value: Tensor) => mul(value, 100));
  assert.equal(take(await hooked.callAsync(x)), [13 * 2 * 5 * 100 + 1]);
  x.dispose();
  model.dispose();
});

test("a listener that throws at the end of a run leaves no output behind", async () => {
  const model = branches();
  const x = scalar(3);
  {
    using hooked = new ActivationCaching("out").prepare(hookGraph(model));
    hooked.events.on("run:finished", () => {
      throw new Error("listener");
    });
    for (const run of [() => hooked.callAsync(x), () => model.executeAsync(x)])
      assert.is((await rejection(run())).message, "listener");
  }
  x.dispose();
  model.dispose();
});

test("fed what a branch would give, the rest still waits for it", async () => {
  const model = branches();
  const [x, choice] = [scalar(3), scalar(50)];
  using hooked = new ActivationCaching("out").prepare(hookGraph(model));
  assert.equal(take(await hooked.callAsync({ x, choice })), [50 + 1]);
  assert.is(hooked.cache.get<Tensor>(["fwd", "out"]).dataSync()[0], 50 + 1);
  const error = thrown(() => hooked.call({ x, choice }));
  assert.match(error.message, 'its node "choice" is a StatelessIf');
  for (const tensor of [x, choice]) tensor.dispose();
  model.dispose();
});

test("hooks fire when the model itself is run, and its inputs can be replaced", async () => {
  const model = branches();
  const x = scalar(3);
  const hookable = hookGraph(model, { placeholders: true });
  using hooked = new ActivationCaching("choice").prepare(hookable);
  hooked.context.hook("x", "fwd", (value: Tensor) => mul(value, -1));
  assert.equal(take((await model.executeAsync({ x })) as Tensor), [-3 - 1 + 1]);
  assert.equal(take((await model.predictAsync(x)) as Tensor), [-3 - 1 + 1]);
  assert.is(hooked.cache.get<Tensor>(["fwd", "choice"]).dataSync()[0], -4);
  x.dispose();
  model.dispose();
});

test("an output that is the input comes as a tensor of its own", async () => {
  const model = branches();
  const x = scalar(3);
  using hooked = new ActivationCaching("choice").prepare(hookGraph<typeof model, Tensor[]>(model));
  const [out, same] = await hooked.callAsync(x, ["out", "x"]);
  assert.equal(take(out as Tensor), [7]);
  assert.equal(take(same as Tensor), [3]);
  assert.not(x.isDisposed);
  x.dispose();
  model.dispose();
});

test("an operation with as many results as it finds waits, too", async () => {
  const model = graph({
    nodes: [
      placeholder("x", [3], "bool"),
      { name: "where", op: "Where", input: ["x"] },
      { name: "out", op: "Neg", input: ["where"] },
    ],
  });
  const x = tensor1d([true, false, true]);
  using hooked = new ActivationCaching("where").prepare(hookGraph(model));
  assert.equal(take(await hooked.callAsync(x)), [0, -2]);
  hooked.context.hook("where", "fwd", (value: Tensor) => add(value, scalar(1, "int32")));
  assert.equal(take(await hooked.callAsync(x)), [-1, -3]);
  x.dispose();
});

for (const [direction, path] of [
  ["fwd_pre", "choice"],
  ["fwd", "choice"],
  ["fwd", "doubled.twice"],
  ["fwd", "out"],
  ["fwd", "x"],
] as const) {
  test(`a ${direction} hook that throws at ${path} leaves no tensor`, async () => {
    const model = branches();
    const x = scalar(3);
    const hookable = hookGraph(model, { placeholders: true });
    using hooked = new ActivationCaching("isPositive").prepare(hookable);
    hooked.context.hook("**", "fwd", (value: Tensor) => value);
    hooked.context.hook("choice", "fwd_pre", ([condition, value]: Tensor[]) => [
      condition,
      mul(value as Tensor, 1),
    ]);
    hooked.context.hook(path, direction, () => {
      throw new TypeError("no");
    });
    const error = await rejection(hooked.callAsync(x));
    assert.is(error.code, "HOOK_THREW");
    x.dispose();
    model.dispose();
  });
}

test("a hook that throws in the third turn of a loop leaves no tensor, and the next call works", async () => {
  const model = loop();
  const x = scalar(20);
  const hooked = new ActivationCaching("loop").prepare(hookGraph(model));
  const handle = hooked.context.hook("grow.twice", "fwd", (_value: Tensor, { pass }) => {
    if (pass === 2) throw new TypeError("no");
  });
  await rejected(hooked.callAsync(x));
  handle.dispose();
  assert.equal(take(await hooked.callAsync(x)), [161]);
  hooked.dispose();
  x.dispose();
  model.dispose();
});

test("a context sleeps through the whole of a run that waits, also when it fails", async () => {
  const model = branches();
  const x = scalar(3);
  using hooked = new ActivationCaching("choice").prepare(hookGraph(model));
  hooked.context.hook("doubled.twice", "fwd", (value: Tensor) => mul(value, 5));
  assert.equal(take(await hooked.disabled(async () => hooked.callAsync(x))), [3 * 2 + 1]);
  assert.not(hooked.cache.has(["fwd", "choice"]));
  await rejected(hooked.disabled(async () => Promise.reject(new TypeError("no"))));
  assert.equal(take(await hooked.callAsync(x)), [3 * 2 * 5 + 1]);
  x.dispose();
  model.dispose();
});

test("a run can be stopped inside a branch", async () => {
  const model = branches();
  const x = scalar(3);
  using hooked = new ActivationCaching("isPositive").prepare(hookGraph(model));
  hooked.context.hook("doubled.twice", "fwd", HookFactory.stop());
  const error = await rejection(hooked.callAsync(x));
  assert.is(error.code, "RUN_STOPPED");
  x.dispose();
  model.dispose();
});

test("a hook may call what of the graph runs at once", async () => {
  const model = branches();
  const x = scalar(3);
  using hooked = new ActivationCaching("isPositive").prepare(hookGraph(model));
  const seen: unknown[] = [];
  hooked.context.hook("choice", "fwd", (value: Tensor) => {
    seen.push((model.execute({ x: value }, "isPositive") as Tensor).dataSync()[0]);
  });
  assert.equal(take(await hooked.callAsync(x)), [7]);
  assert.equal(seen, [1]);
  assert.ok(hooked.cache.has(["fwd", "isPositive#1"]));
  x.dispose();
  model.dispose();
});

test("callAsync of a graph without control flow runs it at once", async () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model));
  const later = hooked.callAsync(x);
  assert.equal(hooked.unfired, []);
  assert.equal(take(await later), [3 * 2, 21 * 20]);
  x.dispose();
  model.dispose();
});

test("a disposed hooked graph refuses callAsync", async () => {
  const model = branches();
  const x = scalar(3);
  const hooked = new ActivationCaching("**").prepare(hookGraph(model));
  hooked.dispose();
  const error = await rejection(hooked.callAsync(x));
  assert.is(error.code, "CONTEXT_DISPOSED");
  x.dispose();
  model.dispose();
});

test.run();
