import { ActivationCaching } from "@hookdict/latent";
import { openTrace } from "@hookdict/tracing";
import { add, engine, memory, mul, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Outer, Tenfold, Two } from "./models.ts";

const test = suite("stop and skip in a trace");

test("stop ends the body and the run, and leaves nothing behind", () => {
  const x = column(1);
  const before = memory().numTensors;
  const model = new Two();
  let ranL2 = 0;
  const forward = model.l2.forward.bind(model.l2);
  Object.defineProperty(model.l2, "forward", { value: (y: Tensor) => (ranL2++, forward(y)) });
  {
    using trace = openTrace(model);
    let seen: Tensor | undefined;
    const invoke = trace.invoke(x, function* (t) {
      seen = t.save(yield* t.output("l1"));
      t.stop();
    });
    assert.is(trace.run(), undefined);
    assert.equal(numbers(seen), [2]);
    assert.is(ranL2, 0);
    assert.not(invoke.isDone);
    assert.equal(
      failure(() => invoke.value),
      [
        "TRACE_NOT_RUN",
        "The value of invoke 0 was read, but there is none. It is there after trace.run(), unless the body was stopped or the run failed.",
      ],
    );
  }
  assert.is(memory().numTensors, before);
  assert.is(engine().state.activeScope ?? null, null);
  x.dispose();
});

test("a run goes on after a stop as long as another body, a cache or another's hook needs it", () => {
  const x = column(1);
  const model = new Two();
  {
    using trace = openTrace(model);
    const stops = (): unknown =>
      trace.invoke(function* (t) {
        yield* t.output("l1");
        t.stop();
      });
    stops();
    const other = trace.invoke(x, function* (t) {
      return yield* t.output("l2");
    });
    trace.run();
    assert.equal(numbers(other.value), [20]);

    using caching = new ActivationCaching("l2").prepare(model);
    stops();
    assert.equal(numbers(trace.run((call) => call(x))), [20]);
    assert.equal(numbers(caching.cache.get(["fwd", "l2"])), [20]);
    caching.dispose();
    stops();
    assert.is(
      trace.run((call) => call(x)),
      undefined,
    );

    const cache = trace.cache();
    stops();
    assert.equal(numbers(trace.run((call) => call(x))), [20]);
    assert.equal(numbers(cache.output("l2")), [20]);
  }
  x.dispose();
});

test("other owners are told why a run has no output", () => {
  const [model, x] = [new Two(), column(1)];
  const told: unknown[] = [];
  {
    using caching = new ActivationCaching("l1").prepare(model, {
      listen: (events) => events.on("run:finished", ({ error }) => told.push(error)),
    });
    using trace = openTrace(caching);
    trace.invoke(x, function* (t) {
      yield* t.output("l1");
      t.stop();
    });
    trace.run();
    const [error] = told as (Error & { code: string })[];
    assert.equal(
      [error?.code, error?.message],
      [
        "TRACE_STOPPED",
        "The run was stopped at l1 by Trace, so the model has no output. This is how a trace ends a run that nobody needs any more.",
      ],
    );
  }
  x.dispose();
});

test("with stopEarly the run ends as soon as all bodies have returned", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two(), { stopEarly: true });
    const seen = trace.invoke(x, function* (t) {
      return yield* t.output("l1");
    });
    assert.is(trace.run(), undefined);
    assert.equal(numbers(seen.value), [2]);
  }
  x.dispose();
});

test("a skipped module gives what was put in its place, and nothing inside it runs", () => {
  const x = column(3);
  const model = new Outer();
  {
    using trace = openTrace(model);
    const cache = trace.cache();
    const seen = trace.invoke(x, function* (t) {
      yield* t.skip("l1", yield* t.input("l1"));
      return yield* t.output("l1");
    });
    assert.equal(numbers(trace.run()), [30]);
    assert.equal(numbers(seen.value), [3]);
    assert.equal(cache.keys, ["l1", "l2"]);
    trace.invoke(x, function* (t) {
      yield* t.skip("l1", yield* t.input("l1"));
      yield* t.output("l1.hook_in");
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_INSIDE_SKIPPED",
        "invoke 1 asked for the output of l1.hook_in (step 0, call 0), but that is inside l1, which is skipped. Ask for it in a body that does not skip, or do not skip what contains it.",
      ],
    );
  }
  x.dispose();
});

test("rows are skipped one by one, each with its own value, and the others are computed", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = openTrace(new Outer());
    const skips = (x: Tensor, factor: number): unknown =>
      trace.invoke(x, function* (t) {
        yield* t.skip("l1", mul(yield* t.input("l1"), factor));
      });
    skips(a, 7);
    skips(b, 9);
    assert.equal(numbers(trace.run()), [1 * 7 * 10, 2 * 9 * 10]);

    skips(a, 7);
    const inner = trace.invoke(b, function* (t) {
      return yield* t.output("l1.hook_in");
    });
    assert.equal(numbers(trace.run()), [1 * 7 * 10, (2 * 2 + 1) * 10]);
    assert.equal(numbers(inner.value), [2]);
  }
  a.dispose();
  b.dispose();
});

test("a skip wins over an input that was set", () => {
  const [x, nine] = [column(1), column(9)];
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      yield* t.setInput("l1", nine);
      yield* t.skip("l1", x);
      return yield* t.output("l1");
    });
    assert.equal(numbers(trace.run()), [10]);
    assert.equal(numbers(seen.value), [1]);
  }
  x.dispose();
  nine.dispose();
});

test("a skip with other rows than the body's is refused, and other bodies inside a skipped module are told", () => {
  const [a, b, wide] = [column(1), column(2), column(1, 2, 3)];
  {
    using trace = openTrace(new Outer());
    trace.invoke(a, function* (t) {
      yield* t.skip("l1", wide);
    });
    trace.invoke(b, function* (t) {
      yield* t.output("l2");
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_SKIP_ROWS",
        "invoke 0 skipped l1 (step 0, call 0) with float32 [3, 1], but its invoke has 1 rows. Give the output of the body's own rows.",
      ],
    );
    trace.invoke(a, function* (t) {
      yield* t.output("l1.hook_out");
    });
    trace.invoke(function* (t) {
      yield* t.skip("l1", yield* t.input("l1"));
    });
    assert.match(thrown(() => trace.run()).message, /^invoke 2 asked .* inside l1, which is skipped/);
  }
  for (const x of [a, b, wide]) x.dispose();
});

test("an error of a body comes out as the very object, and everything is as before", () => {
  const x = column(1);
  const model = new Two();
  const before = memory().numTensors;
  const ended: string[] = [];
  const mine = new RangeError("mine");
  {
    using trace = openTrace(model);
    trace.cache();
    trace.invoke(x, function* (t) {
      try {
        t.save(yield* t.output("l1"));
        throw mine;
      } finally {
        ended.push("first");
      }
    });
    trace.invoke(function* (t) {
      try {
        add(yield* t.output("l1"), 1);
        yield* t.output("l2");
      } finally {
        ended.push("second");
      }
    });
    assert.is(
      thrown(() => trace.run()),
      mine,
    );
    assert.equal(ended, ["first", "second"]);
    const again = trace.invoke(x, function* (t) {
      return yield* t.result();
    });
    trace.run();
    assert.equal(numbers(again.value), [20]);
  }
  assert.is(memory().numTensors, before);
  x.dispose();
});

test("a trace that is abandoned before it runs leaves nothing", () => {
  const x = column(1);
  const model = new Tenfold();
  const trace = openTrace(model);
  trace.invoke(x, function* (t) {
    yield* t.result();
  });
  trace.cache();
  trace.dispose();
  trace.dispose();
  assert.is(model.hookSlot, null);
  assert.equal(
    failure(() => trace.run()),
    ["TRACE_DISPOSED", "run was called on a trace that has ended. Open another with openTrace(model)."],
  );
  x.dispose();
});

test("a trace cannot be run, or added to, while it runs", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      yield* t.output("l1");
      trace.run();
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_RUNNING",
        "run was called while the trace, or another run of its model, is under way. Call it before or after trace.run(), not in a body or a hook.",
      ],
    );
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_NO_INPUT",
        "The trace was run, but no invoke has an input. Give one: trace.invoke(input, function* (t) { ... }), or run the model yourself: trace.run((call) => call(input)).",
      ],
    );
  }
  x.dispose();
});

test.run();
