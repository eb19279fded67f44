import { openTrace, type TraceBody } from "@hookdict/tracing";
import { mul, sum, type Tensor } from "@tensorflow/tfjs-core";
import { leakFree } from "@hookdict/core/testing";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Branching, column, Outer, Squares, Two } from "./models.ts";

const test = suite("dry runs of traces");

/** A model whose runs are counted. */
class Counted extends Two {
  runs = 0;
  override forward(x: Tensor): Tensor {
    this.runs++;
    return super.forward(x);
  }
}

test("faults of a body are found before the model computes anything for it", () => {
  leakFree(() => {
    const model = new Counted();
    using trace = openTrace(model);
    const [x, wide] = [column(1, 2), column(1, 2, 3)];
    const faults: readonly [body: TraceBody<unknown>, code: string, names: RegExp][] = [
      [
        function* (t) {
          yield* t.output("l2");
          yield* t.output("l1");
        },
        "TRACE_OUT_OF_ORDER",
        /l1/,
      ],
      [
        function* (t) {
          yield* t.set("l1", wide);
        },
        "TRACE_SET_SHAPE",
        /float32 \[3, 1\] in place of float32 \[2, 1\]/,
      ],
      [
        function* (t) {
          yield* t.output("l3");
        },
        "TRACE_SITE",
        /l3/,
      ],
    ];
    for (const [body, code, names] of faults) {
      trace.invoke(x, body);
      const [found, message] = failure(() => trace.dryRun());
      assert.is(found, code);
      assert.match(message, names);
      // The body still waits, and its run says the same.
      assert.is(failure(() => trace.run())[0], code);
    }
    assert.is(
      model.runs,
      1 + 1,
      "once for the table; with it, a run knows shapes and names before the model begins",
    );
    for (const tensor of [x, wide]) tensor.dispose();
  });
});

test("bodies pass all sites with zeros of the right shape, and are run again by the run", () => {
  leakFree(() => {
    const x = column(1, 2, 3);
    {
      using trace = openTrace(new Outer());
      const passed: (readonly number[])[] = [];
      const seen = trace.invoke(x, function* (t) {
        const value = yield* t.output("l1.hook_out");
        passed.push(value.shape);
        yield* t.set("l1", mul(yield* t.output("l1"), 2));
        const result = yield* t.result();
        passed.push([...result.dataSync()]);
        return t.save(value);
      });
      const table = trace.dryRun();
      assert.is(table.visits.at(-1)?.path, "l2");
      assert.equal(passed, [
        [3, 1],
        [0, 0, 0],
      ]);
      trace.run();
      assert.equal(passed.slice(2), [
        [3, 1],
        [60, 100, 140],
      ]);
      assert.equal([...seen.value.dataSync()], [2, 4, 6]);
    }
    x.dispose();
  });
});

test("what a body skips does not pass, and a stop ends it", () => {
  leakFree(() => {
    const x = column(1);
    {
      using trace = openTrace(new Outer());
      trace.invoke(x, function* (t) {
        yield* t.skip("l1", yield* t.input("l1"));
        yield* t.output("l1.hook_in");
      });
      assert.is(failure(() => trace.dryRun())[0], "TRACE_INSIDE_SKIPPED");
    }
    {
      using trace = openTrace(new Outer());
      const reached: string[] = [];
      trace.invoke(x, function* (t) {
        yield* t.output("l1");
        t.stop();
      });
      trace.invoke(function* (t) {
        yield* t.output("l2");
        reached.push("l2");
      });
      trace.dryRun();
      assert.equal(reached, ["l2"]);
    }
    x.dispose();
  });
});

test("caches, cells, steps and gradients do not stand in the way", () => {
  leakFree(() => {
    const x = column(1, 2);
    {
      using trace = openTrace(new Squares(), { gradients: "a" });
      const cell = trace.cell<Tensor>();
      const gradient = trace.invoke(x, function* (t) {
        const cache = t.cache();
        cell.put(yield* t.output("a"));
        yield* t.backward(sum(yield* t.result()));
        assert.ok(cache.output("b"));
        return yield* t.gradOutput("a");
      });
      trace.invoke(function* (t) {
        yield* cell.take();
        for (let s = yield* t.step(0); s !== null; s = yield* t.step(s + 1));
      });
      trace.dryRun();
      assert.is(failure(() => gradient.value)[0], "TRACE_NOT_RUN");
      trace.run();
      assert.equal([...gradient.value.dataSync()], [6, 12]);
    }
    x.dispose();
  });
});

test("a site that does not come for these inputs, and a trace without inputs, are told", () => {
  leakFree(() => {
    const x = column(1);
    {
      using trace = openTrace(new Branching());
      assert.is(failure(() => trace.dryRun())[0], "TRACE_NO_INPUT");
      trace.invoke(x, function* (t) {
        yield* t.output("sub_a");
      });
      assert.is(failure(() => trace.dryRun())[0], "TRACE_NEVER_REACHED");
    }
    x.dispose();
  });
});

test.run();
