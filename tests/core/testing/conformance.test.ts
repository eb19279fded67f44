import { MultiHookManager } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import {
  type ConformanceSubject,
  contextConformance,
  tinyFunction,
  tinyGraph,
  tinyLayers,
  TinyModule,
  tinyTokens,
} from "@hookdict/core/testing";
import { compose, type HookingContext } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { loadGraphModel } from "@tensorflow/tfjs-converter";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Custom } from "../../support/custom.ts";

const test = suite("conformance of contexts");

const gain = (): Custom =>
  new Custom((context) => context.hook("mix", "fwd", (value: Tensor) => mul(value, 2)));

const gradients = (): ActivationCaching =>
  new ActivationCaching("{mix,head}", { directions: ["fwd", "bwd", "bwd_pre"] });

for (const [name, factory] of [
  ["a patch", gain],
  ["a cache", () => new ActivationCaching("**")],
  ["a cache of gradients", gradients],
  [
    "an early stop",
    () => new Custom((context) => context.hook("mix", "fwd", { kind: "stop", run: () => undefined })),
  ],
] as const) {
  for (const one of contextConformance(factory, { compose })) test(`${name}: ${one.name}`, one.run);
}

function functionSubject(): ConformanceSubject {
  const { model, dispose } = tinyFunction();
  const tokens = tinyTokens();
  return { model, args: [tokens], dispose: () => [dispose(), tokens.dispose()] };
}

for (const { name, run } of contextConformance(gradients, { compose, subject: functionSubject })) {
  test(`of a function: ${name}`, run);
}

test("models of layers conform, too", async () => {
  const layers = await tinyLayers(loadLayersModel);
  const tokens = tinyTokens();
  const subject = (): ConformanceSubject => ({
    model: hookLayers(layers),
    args: [tokens],
    dispose: () => undefined,
  });
  for (const factory of [gain, gradients]) {
    for (const { run } of contextConformance(factory, { compose, subject })) run();
  }
  for (const tensor of [...layers.weights, tokens]) tensor.dispose();
});

test("graph models conform, too", async () => {
  const graph = await tinyGraph(loadGraphModel);
  const tokens = tinyTokens();
  const subject = (): ConformanceSubject => ({
    model: hookGraph(graph),
    args: [tokens],
    dispose: () => undefined,
  });
  for (const factory of [gain, gradients]) {
    for (const { run } of contextConformance(factory, { compose, subject })) run();
  }
  for (const tensor of [graph, tokens]) tensor.dispose();
});

const HINT = "Register hooks and cleanups through the context, so that they end with it.";

/** The first check that fails, and its message. */
function firstFailure(setUp: (context: HookingContext) => void): readonly string[] {
  return firstFailureOf(() => new Custom(setUp));
}

function firstFailureOf(factory: () => Custom): readonly string[] {
  for (const { name, run } of contextConformance(factory, { compose })) {
    try {
      run();
    } catch {
      return [name, ...failure(run)];
    }
  }
  return [];
}

test("without compose, which plain JavaScript may leave out, it says what to pass", () => {
  for (const [given, got] of [
    [undefined, "undefined"],
    [{}, "undefined"],
    [{ compose: gain() }, "object"],
  ] as const) {
    const [code, message] = failure(() => contextConformance(gain, given as never));
    assert.is(code, "CONFORMANCE_COMPOSE");
    assert.is(
      message,
      `contextConformance was given ${got} as compose, and could not check that the context composes. ` +
        'Pass the compose of "@hookdict/contexts": contextConformance(factory, { compose }).',
    );
  }
});

test("a hook that stays is counted", () => {
  const managers: MultiHookManager[] = [];
  const found = firstFailure(({ target }) => {
    const manager = new MultiHookManager({ hookTarget: () => target });
    manager.register("mix", "fwd", () => undefined);
    managers.push(manager);
  });
  assert.equal(found, [
    "prepared and disposed without a call, it leaves the model exactly as it was",
    "CONTEXT_NOT_CONFORMING",
    `After prepare and dispose: 1 hooks are on the model, where 0 were. ${HINT}`,
  ]);
  for (const manager of managers) manager.dispose();
});

test("a property that stays changed is named", () => {
  const found = firstFailure(({ target }) => void Reflect.set(target.model as object, "extra", 1));
  assert.is(found[2], `After prepare and dispose: The model's property extra is not what it was. ${HINT}`);
});

test("a method that stays changed in the model's class is named", () => {
  const { prototype } = TinyModule;
  const forward = Reflect.get(prototype, "forward");
  const found = firstFailure(
    () =>
      void Reflect.set(prototype, "forward", function (this: TinyModule, ...args: [Tensor]) {
        return forward.apply(this, args);
      }),
  );
  prototype.forward = forward;
  assert.is(
    found[2],
    `After prepare and dispose: The model's property TinyModule.prototype.forward is not what it was. ${HINT}`,
  );
});

test("a tensor that stays is counted", () => {
  const made: Tensor[] = [];
  const found = firstFailure(() => void made.push(scalar(1)));
  assert.is(found[2], `After prepare and dispose: 1 tensors are left over. ${HINT}`);
  for (const tensor of made) tensor.dispose();
});

test("a factory that is another the second time is told by its outputs", () => {
  let times = 0;
  const found = firstFailure((context) => {
    const by = ++times;
    context.hook("head", "fwd", (value: Tensor) => mul(value, by));
  });
  assert.is(found[0], "prepared again, it does the same again");
  assert.match(
    found[2] ?? "",
    /^The second preparation gives \[\[.*\.\.\., not \[\[.*\.\.\.\. Register hooks/,
  );
});

test("a cleanup that always throws fails the check with its own error", () => {
  const found = firstFailure((context) => {
    context.defer(() => {
      throw new RangeError("mine");
    });
  });
  assert.equal(found.slice(1), ["RangeError", "mine"]);
});

test("a context that ends others' hooks is told", () => {
  const found = firstFailure(({ target }) => {
    for (const entry of target.entries) if (entry.owner.name === "caching") target.remove(entry);
  });
  assert.equal(found, [
    "a caching context prepared before it changes nothing, and captures every site that runs",
    "CONTEXT_NOT_CONFORMING",
    `It took away 3 hooks of a context beside it. ${HINT}`,
  ]);
});

const COMPOSED =
  "composed after a caching context, it does what it does on top of one, and so do the captures";

test("a factory that is no part of what it is composed into leaves its hooks", () => {
  class Orphan extends Custom {
    override prepare: Custom["prepare"] = (model) => super.prepare(model);
  }
  const found = firstFailureOf(() => new Orphan((context) => context.hook("mix", "fwd", () => undefined)));
  assert.equal(found, [
    COMPOSED,
    "CONTEXT_NOT_CONFORMING",
    `After composing it after a caching context: 1 hooks are on the model, where 0 were. ${HINT}`,
  ]);
});

test("a factory that computes something else when it is composed is told by its outputs", () => {
  class Fickle extends Custom {
    isPart = false;
    override prepare: Custom["prepare"] = (model, options) => {
      this.isPart = options?.parent !== undefined;
      return super.prepare(model, options);
    };
  }
  const found = firstFailureOf(() => {
    const factory: Fickle = new Fickle((context) =>
      context.hook("mix", "fwd", (value: Tensor) => mul(value, factory.isPart ? 3 : 2)),
    );
    return factory;
  });
  assert.is(found[0], COMPOSED);
  assert.match(found[2] ?? "", /^Composed after a caching context, a run gives \[\[.*\.\.\., not \[\[/);
});

for (const direction of ["fwd", "bwd_pre"] as const) {
  test(`a factory whose ${direction} hook comes out of its turn when it is composed is told by the captures`, () => {
    class Pushing extends Custom {
      order: "normal" | "pre" = "normal";
      override prepare: Custom["prepare"] = (model, options) => {
        this.order = options?.parent === undefined ? "normal" : "pre";
        return super.prepare(model, options);
      };
    }
    const found = firstFailureOf(() => {
      const factory: Pushing = new Pushing((context) =>
        context.hook("head", direction, { run: (value: Tensor) => mul(value, 2), order: factory.order }),
      );
      return factory;
    });
    assert.is(found[0], COMPOSED);
    assert.ok(found[2]?.startsWith(`A capture beside it (${direction} head) gives [[`));
  });
}

test("a factory that refuses to compose with a caching context fails with its reason", () => {
  class Lonely extends Custom {
    override conflict(): string {
      return "it stands alone";
    }
  }
  const found = firstFailureOf(() => new Lonely((context) => context.hook("mix", "fwd", () => undefined)));
  assert.equal(found.slice(0, 2), [COMPOSED, "COMPOSE_CONFLICT"]);
});

test.run();
