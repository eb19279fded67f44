import { openTrace, type Trace } from "@hookdict/tracing";
import { type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Two } from "./models.ts";

const test = suite("steps of a trace");

/** Runs the model n times. */
function times(n: number, x: Tensor): (call: (x: Tensor) => Tensor) => Tensor {
  return (call) => {
    let output = call(x);
    for (let i = 1; i < n; i++) output = call(x);
    return output;
  };
}

function opened(): Trace<[x: Tensor], Tensor, Two> {
  return openTrace(new Two());
}

test("an open loop over steps ends with the run, and what follows it runs", () => {
  const x = column(1);
  {
    using trace = opened();
    const seen = trace.invoke(function* (t) {
      const rows: number[][] = [];
      for (let s = yield* t.step(0); s !== null; s = yield* t.step(s + 1))
        rows.push([s, ...numbers(yield* t.output("l2"))]);
      return [rows, numbers(yield* t.result())] as const;
    });
    trace.run(times(3, x));
    assert.equal(seen.value, [
      [
        [0, 20],
        [1, 20],
        [2, 20],
      ],
      [20],
    ]);
  }
  x.dispose();
});

test("one step alone can be changed", () => {
  const x = column(1);
  {
    using trace = opened();
    trace.invoke(function* (t) {
      yield* t.step(1);
      yield* t.set("l1", 0);
    });
    const outputs = trace.run((call) => [call(x), call(x), call(x)]);
    assert.equal(
      outputs?.map((output) => numbers(output)),
      [[20], [0], [20]],
    );
  }
  x.dispose();
});

test("inside a bounded range, too, what has passed in its step is refused", () => {
  const x = column(1);
  {
    using trace = opened();
    trace.invoke(function* (t) {
      yield* t.steps({ start: 1, end: 3 }, function* () {
        yield* t.output("l2");
        yield* t.output("l1");
      });
    });
    assert.match(
      thrown(() => trace.run(times(3, x))).message,
      "asked for the output of l1 (step 1, call 0), which has passed",
    );
  }
  x.dispose();
});

test("ranges of two bodies are independent", () => {
  const x = column(1);
  {
    using trace = opened();
    const range = (start: number): (() => number) => {
      const invoke = trace.invoke(function* (t) {
        const seen = yield* t.steps({ start, end: 3 }, function* () {
          return yield* t.output("l1");
        });
        return seen.length;
      });
      return () => invoke.value;
    };
    const lengths = [range(1), range(0)];
    trace.run(times(5, x));
    assert.equal(
      lengths.map((length) => length()),
      [2, 3],
    );
  }
  x.dispose();
});

test("a range or a request beyond the run names what was asked and what was reached", () => {
  const x = column(1);
  let ran = 0;
  {
    using trace = opened();
    // oxlint-disable-next-line require-yield -- a body that waits for nothing
    trace.invoke(function* () {
      ran++;
    });
    trace.invoke(function* (t) {
      yield* t.steps({ end: 5 }, function* () {
        yield* t.output("l1");
      });
    });
    assert.equal(
      failure(() => trace.run(times(2, x))),
      [
        "TRACE_STEPS_UNREACHED",
        "invoke 1 asked for steps up to 5, but the run had 2. Leave out the end of the range to go on as long as the run does.",
      ],
    );
    assert.is(ran, 1);
    trace.invoke(function* (t) {
      yield* t.output("l1", { step: 5 });
    });
    assert.match(
      thrown(() => trace.run(times(2, x))).message,
      /\(step 5, call 0\), which never came: the run had 2 steps\./,
    );
    trace.invoke(function* (t) {
      yield* t.steps({ start: 2, end: 1 }, function* () {});
    });
    assert.equal(
      failure(() => trace.run(times(2, x))),
      [
        "TRACE_STEPS_RANGE",
        "invoke 3 was given a range of steps that ends before it begins. Give { start, end } with start below end; end itself is left out.",
      ],
    );
  }
  x.dispose();
});

test("a step that is over is refused as soon as the next begins", () => {
  const x = column(1);
  let steps = 0;
  {
    using trace = opened();
    trace.invoke(function* (t) {
      yield* t.output("l1", { call: 4 });
    });
    assert.match(
      thrown(() =>
        trace.run((call) => {
          for (; steps < 9; steps++) call(x);
        }),
      ).message,
      "the site ran 1 time in that step",
    );
    assert.is(steps, 1);
  }
  x.dispose();
});

test("a skip in one step leaves the others", () => {
  const x = column(1);
  {
    using trace = opened();
    trace.invoke(function* (t) {
      yield* t.step(1);
      yield* t.skip("l1", x);
      yield* t.set("l2", 0);
    });
    const outputs = trace.run((call) => [call(x), call(x), call(x)]);
    assert.equal(
      outputs?.map((output) => numbers(output)),
      [[20], [0], [20]],
    );
  }
  x.dispose();
});

test("steps read the values of the batch that the invokes make", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = opened();
    const seen = [a, b].map((x) =>
      trace.invoke(x, function* (t) {
        return (yield* t.steps({}, function* () {
          return numbers(yield* t.output("l1"));
        })).flat();
      }),
    );
    trace.run((call, args) => [call(...args), call(...args)]);
    assert.equal(
      seen.map(({ value }) => value),
      [
        [2, 2],
        [3, 3],
      ],
    );
  }
  a.dispose();
  b.dispose();
});

test.run();
