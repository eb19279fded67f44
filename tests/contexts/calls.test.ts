import type { TensorDict } from "@hookdict/tensordict";
import { HookFactory } from "@hookdict/core";
import { type HookdictError } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { scalar } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Repeat, Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";
import { doubling } from "../support/custom.ts";

const test = suite("calling a hooked module");

const one = doubling();

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

test("a listener that throws at the end of a run leaves no output behind", () => {
  const x = scalar(1);
  {
    using hooked = one.prepare(new Toy());
    hooked.events.on("run:finished", () => {
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
      one.prepare(hooked).events.on("run:finished", () => {
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

test("a stopped run has no output, and tryCall says where it stopped", () => {
  const model = new Toy();
  const x = scalar(1);
  {
    using hooked = doubling((context) => {
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
          "run:started",
          "run:finished",
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
    "run:started",
    "site:ran",
    "captured",
    "run:finished",
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
