import { countHooks, HookFactory, type Module } from "@hookdict/core";
import { type HookdictError } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { scalar, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";
import { doubling } from "../support/custom.ts";

const test = suite("the life of a context");

const one = doubling();

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
  const failing = doubling(() => {
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
  const failing = doubling((context) => {
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
  const hooked = doubling((context) => {
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
    using _hooked = doubling((context) => {
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
    using inner = doubling((context) => {
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

test("every hook is removed although a listener of hook:removed throws", () => {
  const model = new Toy();
  const hooked = new ActivationCaching(["hook_x", "hook_out"]).prepare(model);
  hooked.events.on("hook:removed", ({ site }) => {
    throw new Error(site.path);
  });
  assert.throws(() => hooked.dispose(), "hook_out");
  bare(model);
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

test.run();
