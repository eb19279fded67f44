import type { TensorDict } from "@hookdict/core";
import { type Binding, countHooks, type HookdictError, HookFactory, type Module } from "@hookdict/core";
import { HookingContext, HookingContextFactory, type PrepareOptions } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Repeat, Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";

const test = suite("the life of a context");

/** Registers one hook, then does what the test wants at that point. */
class Custom extends HookingContextFactory {
  readonly #setUp: (context: HookingContext) => void;
  constructor(setUp: (context: HookingContext) => void) {
    super();
    this.#setUp = setUp;
  }
  override describe(): { name: string; options: Record<string, unknown> } {
    return { name: "Custom", options: {} };
  }
  protected override createContext(binding: Binding, options: PrepareOptions): HookingContext {
    return new HookingContext(binding, options.unmatched);
  }
  protected override setUp(context: HookingContext): void {
    context.hook("hook_x", "fwd", (x: Tensor) => mul(x, 2));
    this.#setUp(context);
  }
}
const one = new Custom(() => undefined);
const bare = (model: Module): void => {
  assert.is(countHooks(model), 0);
  assert.is(model.hookSlot, null);
};

test("nested contexts count 1, 2, 1, 0", () => {
  const model = new Toy();
  {
    using outer = one.prepare(model);
    assert.is(countHooks(model), 1);
    {
      using _inner = one.prepare(outer);
      assert.is(countHooks(model), 2);
    }
    assert.is(countHooks(model), 1);
  }
  bare(model);
});

test("contexts may end in any order, each removing only its own hooks", () => {
  const model = new Toy();
  const first = one.prepare(model);
  const second = one.prepare(first);
  first.dispose();
  assert.is(countHooks(model), 1);
  const x = scalar(1);
  assert.is(takeOne(second.call(x)), ((2 * 1) ** 2 + 3) ** 2 - 4);
  second.dispose();
  second.dispose();
  x.dispose();
  bare(model);
});

test("hooks fire on direct calls of the model, too", () => {
  const model = new Toy();
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("hook_x").prepare(model);
    tidy(() => void model.call(x));
    assert.is(hooked.cache.get(["fwd", "hook_x"]).dataSync()[0], 1);
  }
  bare(model);
  x.dispose();
});

test("a failing setUp undoes what it had registered", () => {
  const model = new Toy();
  const error = new Error("half-way");
  const failing = new Custom(() => {
    throw error;
  });
  assert.is(
    thrown(() => failing.prepare(model)),
    error,
  );
  bare(model);
});

test("errors of the undoing are attached to the first error", () => {
  const model = new Toy();
  const failing = new Custom((context) => {
    context.defer(() => {
      throw new Error("cleanup");
    });
    throw new Error("half-way");
  });
  const error = thrown(() => failing.prepare(model)) as Error & { error: Error; suppressed: Error };
  assert.is(error.name, "SuppressedError");
  assert.is(error.message, "half-way");
  assert.is(error.error.message, "half-way");
  assert.is(error.suppressed.message, "cleanup");
  bare(model);
});

test("a cleanup that throws does not keep the others from running", () => {
  const model = new Toy();
  const order: string[] = [];
  const hooked = new Custom((context) => {
    context.defer(() => order.push("first"));
    context.defer(() => {
      throw new Error("second");
    });
    context.defer(() => order.push("third"));
  }).prepare(model);
  assert.is(thrown(() => hooked.dispose()).message, "second");
  assert.equal(order, ["third", "first"]);
  bare(model);
});

test("an exception in the body leaves the model as it was and never runs it", () => {
  const model = new Toy();
  let runs = 0;
  const error = thrown(() => {
    using _hooked = new Custom((context) => {
      context.hook(
        "hook_x",
        "fwd",
        HookFactory.observe(() => runs++),
      );
    }).prepare(model);
    throw new Error("body");
  });
  assert.is(error.message, "body");
  assert.is(runs, 0);
  bare(model);
});

test("an exception in a hook leaves the cache readable and the counts right", () => {
  const model = new Toy();
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hook_*").prepare(model);
    using inner = new Custom((context) => {
      context.hook("hook_second", "fwd", () => {
        throw new Error("hook");
      });
    }).prepare(hooked);
    assert.throws(() => inner.call(x));
    assert.ok(hooked.cache.has(["fwd", "hook_first"]));
    assert.not(hooked.cache.has(["fwd", "hook_out"]));
  }
  bare(model);
  x.dispose();
});

test("a disposed hooked module says so", () => {
  const hooked = one.prepare(new Toy());
  hooked.dispose();
  const x = scalar(1);
  assert.equal(
    failure(() => hooked.call(x)),
    [
      "CONTEXT_DISPOSED",
      "call was called on Custom, which is disposed. Prepare the model again, and use the hooked module inside its using block.",
    ],
  );
  x.dispose();
});

test("a context without a cache says so", () => {
  using hooked = one.prepare(new Toy());
  assert.equal(
    failure(() => hooked.cache),
    [
      "CONTEXT_NO_CACHE",
      "Custom captures nothing, so it has no cache. Read the cache of a caching context, such as ActivationCaching.",
    ],
  );
});

test("a pattern that matches nothing lists the nearest names", () => {
  const model = new Toy();
  assert.equal(
    failure(() => new ActivationCaching("hook_fist").prepare(model)),
    [
      "PATTERN_UNMATCHED",
      'No site matches "hook_fist", among 9 sites. The nearest names are hook_first, hook_mid, hook_out, hook_x, first. Correct the pattern, or pass unmatched: "ignore".',
    ],
  );
  bare(model);
});

test("unmatched patterns can be ignored or listened to", () => {
  const model = new Toy();
  const heard: unknown[] = [];
  new ActivationCaching("nothing").prepare(model, { unmatched: "ignore" }).dispose();
  new ActivationCaching("nothing")
    .prepare(model, {
      unmatched: "warn",
      listen: (events) => events.on("unmatched", (event) => heard.push(event)),
    })
    .dispose();
  assert.equal(heard, [{ context: "ActivationCaching", patterns: ["nothing"] }]);
  bare(model);
});

test("disabled runs without this context's hooks only", () => {
  const model = new Toy();
  const x = scalar(1);
  {
    using outer = one.prepare(model);
    using inner = one.prepare(outer);
    assert.is(takeOne(inner.disabled(() => inner.call(x))), ((2 * 1) ** 2 + 3) ** 2 - 4);
    assert.is(takeOne(inner.call(x)), ((4 * 1) ** 2 + 3) ** 2 - 4);
  }
  x.dispose();
});

test("a run with the context asleep leaves its cache alone", () => {
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("hook_out").prepare(new Toy());
    hooked.call(x).dispose();
    hooked.disabled(() => hooked.call(x).dispose());
    assert.is(hooked.cache.get(["fwd", "hook_out"]).dataSync()[0], (1 ** 2 + 3) ** 2 - 4);
  }
  x.dispose();
});

test("every hook is removed although a listener of hook:removed throws", () => {
  const model = new Toy();
  const hooked = new ActivationCaching(["hook_x", "hook_out"]).prepare(model);
  hooked.events.on("hook:removed", ({ site }) => {
    throw new Error(site.path);
  });
  assert.throws(() => hooked.dispose(), "hook_out");
  bare(model);
});

test("a listener that throws at the end of a run leaves no output behind", () => {
  const x = scalar(1);
  {
    using hooked = one.prepare(new Toy());
    hooked.events.on("call:finished", () => {
      throw new Error("listener");
    });
    assert.throws(() => hooked.call(x), "listener");
  }
  x.dispose();
});

test("of a run that fails, and a listener that throws at its end, the run's error comes first", () => {
  const x = scalar(1);
  {
    using hooked = one.prepare(new Toy());
    hooked.context.hook("hook_mid", "fwd", HookFactory.stop());
    const [first, second] = [new Error("first"), new Error("second")];
    for (const error of [first, second]) {
      one.prepare(hooked).events.on("call:finished", () => {
        throw error;
      });
    }
    const caught = thrown(() => hooked.call(x)) as SuppressedError;
    assert.is((caught.error as HookdictError).code, "RUN_STOPPED");
    assert.equal((caught.suppressed as AggregateError).errors, [first, second]);
  }
  x.dispose();
});

test("a hook that calls a stopped model fails: its own run was not stopped", () => {
  const [x, inner] = [scalar(1), new Toy()];
  {
    using stopped = one.prepare(inner);
    stopped.context.hook("hook_mid", "fwd", HookFactory.stop());
    using hooked = one.prepare(new Toy());
    hooked.context.hook("hook_x", "fwd", () => stopped.call(x));
    assert.is((thrown(() => hooked.tryCall(x)) as { code?: string }).code, "HOOK_THREW");
  }
  x.dispose();
});

test("run is using for a callback, also when it throws", () => {
  const model = new Toy();
  const x = scalar(1);
  assert.is(
    one.prepare(model).run((hooked) => takeOne(hooked.call(x))),
    ((2 * 1) ** 2 + 3) ** 2 - 4,
  );
  assert.throws(
    () =>
      one.prepare(model).run(() => {
        throw new Error("body");
      }),
    "body",
  );
  bare(model);
  x.dispose();
});

test("run refuses a promise, and runAsync waits for one", async () => {
  const model = new Toy();
  const error = thrown(() => one.prepare(model).run(() => Promise.resolve(1)));
  assert.is((error as HookdictError).code, "CONTEXT_RUN_ASYNC");
  assert.is(
    error.message,
    "The function given to run() returned a promise, so the context has ended before it is done. Call runAsync() and await it.",
  );
  const hooked = one.prepare(model);
  const value = await hooked.runAsync(async () => {
    await Promise.resolve();
    return hooked.context.isDisposed;
  });
  assert.is(value, false);
  assert.is(countHooks(model), 0);
});

test("a stopped run has no output, and tryCall says where it stopped", () => {
  const model = new Toy();
  const x = scalar(1);
  {
    using hooked = new Custom((context) => {
      context.hook("hook_first", "fwd", HookFactory.stop());
    }).prepare(model);
    assert.equal(hooked.tryCall(x), { stopped: true, at: "hook_first" });
    assert.equal(
      failure(() => hooked.call(x)),
      [
        "RUN_STOPPED",
        "The run was stopped at hook_first by Custom, so the model has no output. Call the hooked module through tryCall, or tryCallAsync, which says whether the run was stopped.",
      ],
    );
  }
  x.dispose();
});

test("sites that did not run are reported", () => {
  const model = new Repeat(0);
  const x = scalar(1);
  const heard: unknown[] = [];
  {
    using hooked = new ActivationCaching("double").prepare(model);
    hooked.events.on("unfired", (event) => heard.push(event.paths));
    hooked.call(x).dispose();
    assert.equal(hooked.unfired, ["double"]);
  }
  assert.equal(heard, [["double"]]);
  x.dispose();
});

test("events tell the course of a call", () => {
  const model = new Repeat(1);
  const x = scalar(1);
  const heard: string[] = [];
  {
    using hooked = new ActivationCaching("double").prepare(model, {
      listen: (events) => {
        for (const name of [
          "hook:registered",
          "hook:removed",
          "call:started",
          "call:finished",
          "site:ran",
          "captured",
        ] as const) {
          events.on(name, () => heard.push(name));
        }
      },
    });
    hooked.call(x).dispose();
  }
  assert.equal(heard, [
    "hook:registered",
    "call:started",
    "site:ran",
    "captured",
    "call:finished",
    "hook:removed",
  ]);
  x.dispose();
});

test("an output that is an input is returned as a clone", () => {
  const model = new Repeat(0);
  const x = scalar(3);
  {
    using hooked = new ActivationCaching("double", {}).prepare(model);
    const y = hooked.call(x);
    assert.is.not(y, x);
    assert.is(takeOne(y), 3);
  }
  assert.is(takeOne(x), 3);
});

test("the cache can be taken out and outlives the context", () => {
  const model = new Toy();
  const x = scalar(3);
  let taken: TensorDict;
  {
    using hooked = new ActivationCaching("hook_first").prepare(model);
    hooked.call(x).dispose();
    taken = hooked.takeCache();
    assert.not(hooked.cache.has(["fwd", "hook_first"]));
  }
  assert.equal([...taken.get(["fwd", "hook_first"]).dataSync()], [9]);
  taken.dispose();
  x.dispose();
});

test.run();
