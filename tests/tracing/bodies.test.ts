import { type Invoke, openTrace } from "@hookdict/tracing";
import { add, memory, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { AddOne, column, numbers, Two } from "./models.ts";

const test = suite("bodies of a trace");

test("a body reads an output while the model runs", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      return yield* t.output("l1");
    });
    assert.equal(numbers(trace.run()), [(1 + 1) * 10]);
    assert.equal(numbers(seen.value), [1 + 1]);
  }
  x.dispose();
});

test("a body sees before its write what was there, and after it what it wrote", () => {
  const [x, five] = [column(1), column(5)];
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      const before = yield* t.output("l1");
      yield* t.set("l1", five);
      return [before, yield* t.output("l1")] as const;
    });
    assert.equal(numbers(trace.run()), [5 * 10]);
    assert.equal(seen.value.map(numbers), [[2], [5]]);
  }
  x.dispose();
  five.dispose();
});

test("each invoke has its rows, and one without input the whole batch as it is after them", () => {
  const [a, b, zero] = [column(1), column(2, 3), column(0)];
  {
    using trace = openTrace(new Two());
    const first = trace.invoke(a, function* (t) {
      const seen = yield* t.output("l1");
      yield* t.set("l1", zero);
      return seen;
    });
    const second = trace.invoke(b, function* (t) {
      return yield* t.output("l1");
    });
    const all = trace.invoke(function* (t) {
      return yield* t.output("l1");
    });
    assert.equal(numbers(trace.run()), [0, 30, 40]);
    assert.equal(
      [first, second, all].map(({ value }) => numbers(value)),
      [[2], [3, 4], [0, 3, 4]],
    );
    assert.equal(second.value.shape, [2, 1]);
  }
  for (const tensor of [a, b, zero]) tensor.dispose();
});

test("an invoke that comes earlier sees a value before the write of a later one", () => {
  const [a, b, zero] = [column(1), column(2), column(0)];
  {
    using trace = openTrace(new Two());
    const all = trace.invoke(function* (t) {
      return yield* t.output("l1");
    });
    trace.invoke(a, function* (t) {
      yield* t.set("l1", zero);
    });
    trace.invoke(b, function* (t) {
      yield* t.output("l1");
    });
    assert.equal(numbers(trace.run()), [0, 30]);
    assert.equal(numbers(all.value), [2, 3]);
  }
  for (const tensor of [a, b, zero]) tensor.dispose();
});

test("an input can be read and set, and the module computes from what was set", () => {
  const [x, four] = [column(1), column(4)];
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      const before = yield* t.input("l2");
      yield* t.setInput("l2", four);
      const [after] = yield* t.inputs("l2");
      return { before, after };
    });
    assert.equal(numbers(trace.run()), [4 * 10]);
    assert.equal(numbers(seen.value.before), [2]);
    assert.equal(numbers(seen.value.after), [4]);
  }
  x.dispose();
  four.dispose();
});

test("several sites give a tuple", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      const [first, second] = yield* t.output(["l1", "l2"]);
      return add(first, second);
    });
    trace.run();
    assert.equal(numbers(seen.value), [2 + 20]);
  }
  x.dispose();
});

test("a number fills the shape of what it replaces", () => {
  const x = column(1, 2);
  {
    using trace = openTrace(new Two());
    trace.invoke(x, function* (t) {
      yield* t.set("l1", 7);
    });
    assert.equal(numbers(trace.run()), [70, 70]);
  }
  x.dispose();
});

test("the result can be read and set", () => {
  const [x, other] = [column(1), column(42)];
  {
    using trace = openTrace(new Two());
    const seen = trace.invoke(x, function* (t) {
      const result = yield* t.result();
      yield* t.setResult(other);
      return result;
    });
    assert.equal(numbers(trace.run()), [42]);
    assert.equal(numbers(seen.value), [20]);
  }
  x.dispose();
  other.dispose();
});

test("what a body makes, and does not return or save, is freed with the run", () => {
  const x = column(1);
  const before = memory().numTensors;
  {
    using trace = openTrace(new Two());
    let lost: Tensor | undefined;
    let saved: Tensor | undefined;
    trace.invoke(x, function* (t) {
      lost = add(yield* t.output("l1"), 1);
      saved = t.save(add(lost, 1));
    });
    trace.run();
    assert.ok(lost?.isDisposed);
    assert.equal(numbers(saved), [4]);
    assert.is(memory().numTensors, before + 2); // what was saved, and the result
  }
  assert.is(memory().numTensors, before);
  x.dispose();
});

test("what is taken outlives the trace", () => {
  const x = column(1);
  const trace = openTrace(new Two());
  const seen = trace.invoke(x, function* (t) {
    return { deep: [yield* t.output("l1")] };
  });
  const result = trace.take(trace.run());
  const value = seen.take();
  assert.equal(
    failure(() => seen.take()),
    [
      "TRACE_TAKE",
      "take was called with a tensor that is not the trace's. Take what a body has returned or saved, or what run has returned, once, and before the trace ends.",
    ],
  );
  trace.dispose();
  assert.equal(numbers(result), [20]);
  assert.equal(numbers(value.deep[0]), [2]);
  for (const tensor of [x, result, value.deep[0]]) tensor?.dispose();
});

test("a trace runs again with other bodies, also inside a scope of the user's", () => {
  const x = column(1);
  const trace = openTrace(new Two());
  const values: Invoke<Tensor>[] = [];
  tidy(() => {
    for (const factor of [1, 2]) {
      const invoke = trace.invoke(x, function* (t) {
        yield* t.set("l1", factor);
        return yield* t.output("l2");
      });
      trace.run();
      values.push(invoke);
    }
  });
  assert.equal(
    values.map(({ value }) => numbers(value)),
    [[10], [20]],
  );
  trace.dispose();
  x.dispose();
});

test("a module that a body calls runs bare: no hooks, no visits, no counts", () => {
  const model = new Two();
  const x = column(1);
  {
    using trace = openTrace(model);
    const seen = trace.invoke(x, function* (t) {
      const first = yield* t.output("l1");
      const lens = model.l2.call(first);
      const again = model.l1.call(first);
      return [lens, again, yield* t.output("l2")] as const;
    });
    assert.equal(numbers(trace.run()), [20]);
    assert.equal(seen.value.map(numbers), [[20], [3], [20]]);
  }
  assert.is(model.l2.hookSlot, null);
  x.dispose();
});

test("a hundred traces leave as many tensors as there were, and the model bare", () => {
  const model = new Two();
  const x = column(1);
  const before = memory().numTensors;
  for (let i = 0; i < 100; i++) {
    using trace = openTrace(model);
    trace.invoke(x, function* (t) {
      return t.save(add(yield* t.output("l1"), i));
    });
    trace.run();
  }
  assert.is(memory().numTensors, before);
  assert.is(model.hookSlot, null);
  x.dispose();
});

test("a part of a model is traced alone", () => {
  const part = new AddOne();
  const x = column(1);
  {
    using trace = openTrace(part);
    const seen = trace.invoke(x, function* (t) {
      return yield* t.result();
    });
    trace.run();
    assert.equal(numbers(seen.value), [2]);
  }
  x.dispose();
});

test.run();
