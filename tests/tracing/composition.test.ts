import { Interventions, openSession, scan as scanContext } from "@hookdict/contexts";
import { countHooks, HookPoint, Module } from "@hookdict/core";
import { leakFree } from "@hookdict/core/testing";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { openTrace } from "@hookdict/tracing";
import { add, mul, tensor2d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Two } from "./models.ts";

const test = suite("traces with contexts and sessions");

test("hooks of contexts and of a trace fire in the order in which they were registered", () => {
  const [model, x] = [new Two(), column(1)];
  {
    using before = new ActivationCaching("l1").prepare(model);
    using trace = openTrace(before);
    using after = new ActivationCaching("l1").prepare(model);
    trace.invoke(x, function* (t) {
      yield* t.set("l1", add(yield* t.output("l1"), 5));
    });
    assert.equal(numbers(trace.run()), [70]);
    assert.equal(numbers(before.cache.get(["fwd", "l1"])), [2]);
    assert.equal(numbers(after.cache.get(["fwd", "l1"])), [7]);
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("a body sees what a patch, a spec and a session have left", () => {
  const [model, x, other] = [new Two(), column(1), column(3)];
  {
    using source = new ActivationCaching("l1").prepare(model).run((hooked) => {
      hooked.call(other).dispose();
      return hooked.takeCache();
    });
    using patched = new ActivationPatching("l1", { source }).prepare(model);
    using steered = new Interventions({
      interventions: [{ kind: "scale", at: "l1", factor: 2 }],
    }).prepare(patched);
    using session = openSession(steered);
    session.set("l1", (value: Tensor) => add(value, 1));
    using trace = openTrace(session);
    const seen = trace.invoke(x, function* (t) {
      return yield* t.output("l1");
    });
    assert.equal(numbers(trace.run()), [90]);
    assert.equal(numbers(seen.value), [(3 + 1) * 2 + 1]);
  }
  assert.is(countHooks(model), 0);
  for (const tensor of [x, other]) tensor.dispose();
});

test("a session on the traced model sees what bodies have set", () => {
  const [model, x] = [new Two(), column(1)];
  {
    using trace = openTrace(model);
    using session = openSession(model);
    const got = session.get("l1");
    trace.invoke(x, function* (t) {
      yield* t.set("l1", 8);
    });
    trace.run();
    assert.equal(numbers(got.value), [8]);
  }
  x.dispose();
});

test("a context that is prepared inside a body is refused, and one on another model is not", () => {
  const [model, other, x] = [new Two(), new Two(), column(1)];
  {
    using trace = openTrace(model);
    trace.invoke(x, function* (t) {
      const seen = yield* t.output("l1");
      using caching = new ActivationCaching("l1").prepare(other);
      caching.call(seen);
      assert.equal(numbers(caching.cache.get(["fwd", "l1"])), [3]);
      new ActivationCaching("l2").prepare(model);
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_PREPARE_INSIDE",
        "ActivationCaching was prepared on the traced model inside invoke 0. The run is under way, and hooks take part from the next one on: prepare it before trace.run(), around or inside the trace.",
      ],
    );
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("parts that a body calls run without hooks of others, unless it says so", () => {
  const [model, x] = [new Two(), column(1)];
  const calls: number[] = [];
  {
    using session = openSession(model);
    session.set("l2", (value: Tensor) => {
      calls.push(...numbers(value));
      return value;
    });
    using trace = openTrace(model);
    const seen = trace.invoke(x, function* (t) {
      const first = yield* t.output("l1");
      const bare = model.l2.call(mul(first, 2));
      const hooked = t.hooked(() => model.l2.call(mul(first, 3)));
      return [bare, hooked] as const;
    });
    trace.run();
    assert.equal(seen.value.map(numbers), [[40], [60]]);
    assert.equal(calls, [60, 20]);
  }
  x.dispose();
});

test("two traces on one model do not disturb each other, and neither does a plain call", () => {
  const [model, x] = [new Two(), column(1)];
  {
    using first = openTrace(model);
    using second = openTrace(model);
    first.invoke(x, function* (t) {
      yield* t.set("l1", 0);
    });
    const seen = second.invoke(x, function* (t) {
      return yield* t.output("l1");
    });
    assert.equal(numbers(first.run()), [0]);
    second.run();
    assert.equal(numbers(seen.value), [2]);
    assert.equal(Object.keys(scanContext(model, x)), ["l1", "l2"]);
  }
  x.dispose();
});

test("a trace inside a hook of the same model's run is refused", () => {
  const [model, x] = [new Two(), column(1)];
  {
    using trace = openTrace(model);
    using session = openSession(model);
    session.set("l1", () => {
      trace.invoke(x, function* () {});
      trace.run();
    });
    assert.match(
      thrown(() => session.call(x)).message,
      "run was called while the trace, or another run of its model",
    );
  }
  x.dispose();
});

test("a site that takes no hooks is left alone, and refused to a body that asks for it", () =>
  leakFree(() => {
    class Closed extends Module {
      readonly hook_a: HookPoint = new HookPoint({ refuses: "its value is shared by all runs." });
      readonly hook_b: HookPoint = new HookPoint();
      override forward(x: Tensor): Tensor {
        return add(this.hook_b.call(this.hook_a.call(x)), 1);
      }
    }
    const model = new Closed();
    const x = tensor2d([[1]]);
    using trace = openTrace(model);
    const cache = trace.cache();
    const seen = trace.invoke(x, function* (t) {
      return yield* t.output("hook_b");
    });
    assert.equal(
      trace.scan().visits.map(({ path }) => path),
      ["hook_b"],
    );
    trace.run();
    assert.equal(seen.value.arraySync(), [[1]]);
    assert.equal(cache.keys, ["hook_b"]);
    trace.invoke(x, function* (t) {
      yield* t.output("hook_a");
    });
    assert.is(failure(() => trace.run())[0], "HOOKS_REFUSED");
    x.dispose();
  }));

test.run();
