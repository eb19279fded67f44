import { clearEdits, edit, editInPlace, openTrace, type TraceBody } from "@hookdict/tracing";
import { memory, mul, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Outer, Two } from "./models.ts";

const test = suite("edits");

const zero: TraceBody<void> = function* (t) {
  yield* t.set("l1", mul(yield* t.output("l1"), 0));
};
const minus: TraceBody<void> = function* (t) {
  yield* t.set("l1", mul(yield* t.output("l1"), -1));
};

test("an edited model is another, and the model itself as before", () => {
  const [model, x] = [new Two(), column(1, 2)];
  const before = memory().numTensors;
  {
    using edited = edit(model, function* (t) {
      const seen = yield* t.output("l1");
      assert.equal(seen.shape, [2, 1]); // the whole batch, whatever the invokes
      yield* t.set("l1", mul(seen, 0));
    });
    const outputs = [edited.call(x), tidy(() => model.call(x))];
    assert.equal(outputs.map(numbers), [
      [0, 0],
      [20, 30],
    ]);
    for (const output of outputs) output.dispose();
    using trace = openTrace(edited);
    const seen = trace.invoke(x, function* (t) {
      return yield* t.output("l1");
    });
    trace.run();
    assert.equal(numbers(seen.value), [0, 0]);
  }
  assert.is(memory().numTensors, before);
  assert.is(model.hookSlot, null);
  x.dispose();
});

test("edits in place stack, are seen by traces and plain calls, and are cleared", () => {
  const [model, x] = [new Two(), column(1)];
  const run = (): number[] => {
    using trace = openTrace(model);
    trace.invoke(x, function* (t) {
      yield* t.result();
    });
    return numbers(trace.run());
  };
  const one = editInPlace(model, minus);
  editInPlace(model, minus);
  editInPlace(model, minus, { name: "third" });
  assert.equal(run(), [-20]);
  one.dispose();
  assert.equal(run(), [20]);
  clearEdits(model);
  clearEdits(model);
  assert.is(model.hookSlot, null);
  assert.equal(run(), [20]);
  x.dispose();
});

test("an edit of a part applies when the whole is traced, before the bodies", () => {
  const [model, x] = [new Outer(), column(1)];
  {
    using part = editInPlace(model.l1, function* (t) {
      yield* t.set("hook_out", 0);
    });
    assert.is(part.name, "edit");
    using trace = openTrace(model);
    const seen = trace.invoke(x, function* (t) {
      return yield* t.output(["l1.hook_out", "l1"]);
    });
    assert.equal(numbers(trace.run()), [(0 + 1) * 10]);
    assert.equal(seen.value.map(numbers), [[0], [1]]);
  }
  assert.is(model.l1.hookSlot, null);
  x.dispose();
});

test("an edited model takes more edits, which follow those that are there", () => {
  const [model, x] = [new Two(), column(1)];
  {
    using edited = edit(model, zero);
    edited.edit(function* (t) {
      const seen = yield* t.output("l1");
      assert.equal(numbers(seen), [0]);
      yield* t.set("l1", 4);
    });
    const output = edited.call(x);
    assert.equal(numbers(output), [40]);
    output.dispose();
    edited.clear();
    assert.is(model.hookSlot, null);
  }
  x.dispose();
});

test("an edit asks for sites alone, and what does not come changes nothing", () => {
  const [model, x] = [new Two(), tensor2d([[1]])];
  const refused = (body: TraceBody<unknown>): readonly [string, string] => {
    using edited = edit(model, body);
    using trace = openTrace(edited);
    trace.invoke(x, function* (t) {
      yield* t.result();
    });
    return failure(() => trace.run());
  };
  assert.equal(
    refused(function* (t) {
      yield* t.result();
    }),
    [
      "TRACE_EDIT_RESULT",
      "edit asked for something that an edit does not have: the result, a step or a gradient. An edit changes sites in every run; ask in an invoke of a trace.",
    ],
  );
  assert.equal(
    refused(function* (t) {
      t.cache();
      yield* t.output("l1");
    }),
    [
      "TRACE_EDIT_CACHE",
      "cache was called in edit. An edit runs in every run and has nothing that outlives it: create the cache in a trace.",
    ],
  );
  {
    using edited = edit(model, function* (t) {
      yield* t.output("l1", { call: 7 });
    });
    const output = edited.call(x);
    assert.equal(numbers(output), [20]);
    output.dispose();
  }
  x.dispose();
});

test.run();
