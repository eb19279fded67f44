import { openTrace } from "@hookdict/tracing";
import { add, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Branching, column, numbers, Outer, Recurrent, Tower, Two } from "./models.ts";

const test = suite("order in a trace");

test("what has passed is refused at the line that asks, and finally blocks run", () => {
  const x = column(1);
  const ended: string[] = [];
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* wrong(t) {
      try {
        yield* t.output("l2");
        yield* t.output("l1");
      } finally {
        ended.push("finally");
      }
    });
    const error = thrown(() => trace.run());
    assert.is(
      error.message,
      "invoke 0 (wrong) asked for the output of l1 (step 0, call 0), which has passed. The run is at l2. A body asks in the model's order: move this line up, or ask in an invoke of its own.",
    );
    assert.match(error.stack ?? "", /wrong.*order\.test\.ts/);
    assert.equal(ended, ["finally"]);
  }
  x.dispose();
});

test("a body may catch the refusal and go on", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      const second = yield* t.output("l2");
      try {
        yield* t.output("l1");
      } catch {
        return second;
      }
      return undefined;
    });
    trace.run();
    assert.equal(numbers(seen.value), [20]);
  }
  x.dispose();
});

test("after a scan the refusal tells the order", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      yield* t.output("l2");
      yield* t.output("l1");
    });
    trace.scan();
    assert.match(thrown(() => trace.run()).message, "The model's order is l1, l2.");
  }
  x.dispose();
});

test("after a scan a value of another shape is refused before the site is reached", () => {
  const [x, wide] = [column(1), column(1, 2, 3)];
  const reached: string[] = [];
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      yield* t.set("l2", wide);
    });
    trace.invoke(function* (t) {
      yield* t.output("l1");
      reached.push("l1");
    });
    trace.scan();
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_SET_SHAPE",
        "invoke 0 set the output of l2 (step 0, call 0) to float32 [3, 1] in place of float32 [1, 1]. Give the same structure, shapes and dtypes, for the rows of the body's own invoke.",
      ],
    );
    assert.equal(reached, []);
  }
  x.dispose();
  wide.dispose();
});

test("a site that never runs is an error at the end, with what ran near it", () => {
  const x = column(1);
  {
    using trace = openTrace(new Branching());
    trace.invoke(x, function* (t) {
      yield* t.output("sub_a");
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_NEVER_REACHED",
        "invoke 0 waited for the output of sub_a (step 0, call 0), which never came: the site did not run. Near it ran sub_b. Ask for what runs; a loop over all steps, for (let s = yield* t.step(0); s !== null; s = yield* t.step(s + 1)), ends by itself.",
      ],
    );
    const other = trace.invoke(x, function* (t) {
      return yield* t.output("sub_b");
    });
    trace.run();
    assert.equal(numbers(other.value), [10]);
  }
  x.dispose();
});

test("of several that wait for ever the first error is thrown, and has the others", () => {
  const x = column(1);
  {
    using trace = openTrace(new Branching());
    for (const _ of [0, 1, 2])
      trace.invoke(function* (t) {
        yield* t.output("sub_a");
      });
    const error = thrown(() => trace.run((call) => call(x)));
    assert.match(error.message, /^invoke 0 waited/);
    const { suppressed } = error as Error & { readonly suppressed: readonly Error[] };
    assert.equal(
      suppressed.map(({ message }) => message.slice(0, 8)),
      ["invoke 1", "invoke 2"],
    );
  }
  x.dispose();
});

test("an unknown site is refused with its nearest names, and h.1 is not h.10", () => {
  const x = column(0);
  {
    using trace = openTrace(new Tower(12));
    const seen = trace.invoke(x, function* (t) {
      const one = yield* t.output("transformer.h.1");
      yield* t.set("transformer.h.1", 100);
      return [one, yield* t.output("transformer.h.10")] as const;
    });
    trace.run();
    assert.equal(seen.value.map(numbers), [[2], [100 + 9]]);
    trace.invoke(x, function* (t) {
      yield* t.output("transformer.g.1");
    });
    const [code, message] = failure(() => trace.run());
    assert.is(code, "TRACE_SITE");
    assert.match(
      message,
      /^invoke 1 asked for the site "transformer\.g\.1", of which the model has none\. Its nearest are (transformer\.h\.\d+(, )?)+\.$/,
    );
  }
  x.dispose();
});

test("a site that runs several times is told apart by call", () => {
  const x = column(1);
  {
    using trace = openTrace(new Recurrent());
    const seen = trace.invoke(x, function* (t) {
      const visits: Tensor[] = [yield* t.output("cell")];
      yield* t.set("cell", 0, { call: 1 });
      visits.push(yield* t.output("cell", { call: 1 }), yield* t.output("cell", { call: 2 }));
      return visits;
    });
    trace.run();
    assert.equal(seen.value.map(numbers), [[2], [0], [1]]);
    trace.invoke(x, function* (t) {
      yield* t.output("cell", { call: 3 });
    });
    assert.match(thrown(() => trace.run()).message, "the site ran 3 times in that step");
  }
  x.dispose();
});

test("inside a nested module the order is: its input, what is inside, its output", () => {
  const [x, five] = [column(1), column(5)];
  {
    using trace = openTrace(new Outer());
    const seen = trace.invoke(x, function* (t) {
      yield* t.setInput("l1", five);
      const inner = yield* t.output(["l1.hook_in", "l1.hook_out", "l1"]);
      return inner;
    });
    trace.run();
    assert.equal(seen.value.map(numbers), [[5], [10], [11]]);
  }
  x.dispose();
  five.dispose();
});

test("a replacement of another shape, dtype or row count is refused, and so is undefined", () => {
  const [x, wide] = [column(1, 2), column(1, 2, 3)];
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      yield* t.set("l1", wide);
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_SET_SHAPE",
        "invoke 0 set the output of l1 (step 0, call 0) to float32 [3, 1] in place of float32 [2, 1]. Give the same structure, shapes and dtypes, for the rows of the body's own invoke.",
      ],
    );
    trace.invoke(x, function* (t) {
      yield* t.set("l1", undefined);
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_SET_UNDEFINED",
        "invoke 1 set the output of l1 (step 0, call 0) to undefined. What it was to be has not been read yet: take it from a cell, whose take() waits until it is there.",
      ],
    );
    trace.invoke(x, function* (t) {
      const made = add(yield* t.output("l1"), 1);
      made.dispose();
      yield* t.set("l1", made);
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_SET_DISPOSED",
        "invoke 2 set the output of l1 (step 0, call 0) to a tensor that is disposed. Dispose a tensor after the run, or keep a clone; a body's own are freed by the trace.",
      ],
    );
  }
  x.dispose();
  wide.dispose();
});

test("yield without its star, and a body that is no generator, are refused", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      yield t.output("l1") as never; // what plain JavaScript may write
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_YIELD",
        "invoke 0 yielded a wait instead of delegating to it. Write yield* with the star: const x = yield* t.output(path).",
      ],
    );
    trace.invoke(x, (() => 5) as never); // likewise
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_BODY",
        "invoke 1 is no generator function. Write it as function* (t) { ... }; it runs inside the forward pass, which cannot wait.",
      ],
    );
    trace.invoke(x, async function* () {} as never); // likewise
    assert.match(thrown(() => trace.run()).message, /^invoke 2 is asynchronous\./);
    trace.invoke(x, function* (t) {
      yield* t.output("l1", { call: -1 });
    });
    assert.equal(
      failure(() => trace.run()),
      ["TRACE_MOMENT", "invoke 3 asked for call -1. Steps and calls are whole numbers, counted from 0."],
    );
  }
  x.dispose();
});

test("a loop that never leaves a visit is ended", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      for (;;) (yield* t.output("l1")).dispose();
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_LIVELOCK",
        "invoke 0 has asked 100000 times during one visit of l1. A loop in the body never leaves this visit: let it wait for something that comes later.",
      ],
    );
  }
  x.dispose();
});

test.run();
