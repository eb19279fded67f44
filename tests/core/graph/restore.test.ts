import { countHooks, MultiHookManager } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { mul, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { take } from "../../support/values.ts";
import { branches, chain, loop, type MemoryModel } from "./models.ts";

const test = suite("restoring graphs");

type Properties = Readonly<Record<string, unknown>>;
interface Inside {
  readonly nodes: Readonly<Record<string, Properties>>;
  readonly functions: Readonly<Record<string, Inside>>;
}

/** Every own property of the model, of what runs it, and of all nodes, also of functions. */
function properties(model: MemoryModel): readonly Properties[] {
  const { executor } = model as unknown as { readonly executor: { readonly graph: Inside } };
  const { nodes, functions } = executor.graph;
  const inner = Object.values(functions).flatMap((each) => Object.values(each.nodes));
  return [
    model as unknown as Properties,
    executor as unknown as Properties,
    ...Object.values(nodes),
    ...inner,
  ].map((object) => ({ ...object, own: Object.getOwnPropertyNames(object).join() }));
}

function assertSame(before: readonly Properties[], after: readonly Properties[]): void {
  for (const [i, object] of before.entries()) {
    const now = after[i] ?? {};
    assert.equal(Object.keys(now), Object.keys(object));
    for (const [key, value] of Object.entries(object)) assert.is(now[key], value, key);
  }
}

for (const [kind, build] of Object.entries({ chain, branches, loop })) {
  test(`a graph (${kind}) has the very properties it had before`, () => {
    const model = build();
    const before = properties(model);
    const hookable = hookGraph(model, { constants: true, placeholders: true });
    const hooked = new ActivationCaching("**").prepare(hookable);
    assert.not.equal(properties(model), before);
    hooked.dispose();
    assertSame(before, properties(model));
    model.dispose();
  });
}

test("contexts that end first to last leave the model as before, too", () => {
  const model = chain();
  const before = properties(model);
  const first = new ActivationCaching("block.*").prepare(hookGraph(model));
  const second = new ActivationCaching("**").prepare(hookGraph(model));
  const third = new ActivationCaching("**").prepare(hookGraph(model, { constants: true }));
  assert.equal(
    third.sites.map(({ type }) => type),
    ["Const", "Const", "Mul", "AddV2", "Mul"],
  );
  first.dispose();
  assert.is(countHooks(hookGraph(model)), 3);
  second.dispose();
  third.dispose();
  assertSame(before, properties(model));
  model.dispose();
});

test("a graph frozen under its hooks is let go, with nothing left that runs, and refuses others", () => {
  const model = chain();
  const x = tensor1d([1, 2]);
  const bare = take(model.predict(x) as Tensor);
  {
    using manager = new MultiHookManager(hookGraph(model));
    manager.register("**", "fwd", (y: Tensor) => mul(y, 10));
    Object.freeze(model);
  }
  assert.is(countHooks(hookGraph(model)), 0);
  assert.equal(take(model.predict(x) as Tensor), bare);
  assert.equal(
    failure(() => new ActivationCaching("**").prepare(hookGraph(model))),
    [
      "MODEL_FROZEN",
      `${model.constructor.name} is frozen, so no hooks can be put on it. Leave models unfrozen, or freeze them once no context will be prepared on them any more.`,
    ],
  );
  for (const tensor of [x, model]) tensor.dispose();
});

test("targets with other options share the nodes' hooks, and each counts its own runs", () => {
  const model = chain();
  const x = tensor1d([1, 10]);
  using plain = new ActivationCaching("out").prepare(hookGraph(model));
  using named = new ActivationCaching("double").prepare(
    hookGraph(model, { names: { "block/twice": "double" } }),
  );
  named.context.hook("double", "fwd", (value: Tensor) => mul(value, 10));
  assert.equal(take(plain.call(x)), [21 * 20, 201 * 200]);
  assert.equal([...named.cache.get<Tensor>(["fwd", "double"]).dataSync()], [2, 20]);
  x.dispose();
  model.dispose();
});

test("a hook that throws leaves tensors and the next call as they were, in every direction and at every node", () => {
  const model = chain();
  const before = properties(model);
  const x = tensor1d([1, 10]);
  for (const direction of ["fwd_pre", "fwd"] as const) {
    for (const path of ["x", "two", "block.twice", "out"]) {
      using manager = new MultiHookManager(hookGraph(model, { constants: true, placeholders: true }), {
        name: "Mine",
      });
      manager.register("**", "fwd", (value: Tensor) => mul(value, 1));
      manager.register(path, direction, () => {
        throw new TypeError("no");
      });
      assert.is(
        thrown(() => model.predict(x)).message,
        `The ${direction} hook of Mine at ${path} threw TypeError: no. ` +
          "The cause is the original error; hooks and tensors were cleaned up.",
      );
    }
  }
  assertSame(before.slice(2), properties(model).slice(2));
  assert.equal(take(model.predict(x) as Tensor), [3 * 2, 21 * 20]);
  x.dispose();
  model.dispose();
});

test("an error of the model itself leaves tensors as they were", () => {
  const model = chain();
  const x = tensor1d([1, 10, 100]);
  using hooked = new ActivationCaching("**").prepare(hookGraph(model, { placeholders: true }));
  hooked.context.hook("x", "fwd", (value: Tensor) => mul(value, 2));
  const hint = "Its inputs are x float32 [2]: give tensors that live, in a list of as many or by name.";
  assert.is(thrown(() => hooked.call(x)).message, `The graph was called with float32 [3]. ${hint}`);
  assert.is(
    thrown(() => model.predict([x, x])).message,
    `The graph was called with tuple (float32 [3], float32 [3]). ${hint}`,
  );
  x.dispose();
  model.dispose();
});

test.run();
