import { openTrace } from "@hookdict/tracing";
import { memory, mul, sum, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { asyncFailure, failure } from "../support/failure.ts";
import { column, numbers, Squares } from "./models.ts";

const test = suite("gradients in a trace");

test("gradients come in the reverse order, and can be changed on their way", () => {
  const x = column(2);
  {
    using trace = openTrace(new Squares(), { gradients: "**" });
    const seen = trace.invoke(x, function* (t) {
      yield* t.backward(sum(yield* t.result()));
      return [yield* t.gradOutput("b"), yield* t.gradOutput("a"), yield* t.gradOutput("hook_x")] as const;
    });
    assert.equal(numbers(trace.run()), [36]);
    assert.equal(seen.value.map(numbers), [[1], [2 * 6], [2 * 6 * 3]]);

    const changed = trace.invoke(x, function* (t) {
      yield* t.backward(sum(yield* t.result()));
      yield* t.setGradOutput("a", mul(yield* t.gradOutput("a"), 10));
      return yield* t.gradInput("hook_x");
    });
    trace.run();
    assert.equal(numbers(changed.value), [360]);
  }
  x.dispose();
});

test("a gradient that has passed is refused", () => {
  const x = column(2);
  const before = memory().numTensors;
  {
    using trace = openTrace(new Squares(), { gradients: "**" });
    trace.invoke(x, function* (t) {
      yield* t.backward(sum(yield* t.result()));
      yield* t.gradOutput("a");
      yield* t.gradOutput("b");
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_OUT_OF_ORDER",
        "invoke 0 asked for the output gradient of b (step 0, call 0), which has passed. The run is at a. A body asks in the model's order, which for gradients is the reverse: move this line up, or ask in an invoke of its own.",
      ],
    );
  }
  assert.is(memory().numTensors, before);
  x.dispose();
});

test("each body takes the gradient of its own loss, as if it ran alone", () => {
  const inputs = [column(1, 2), column(3, 4, 5), column(6)];
  const alone = inputs.map((x) => gradientsOf([x])[0]);
  assert.equal(gradientsOf(inputs), alone);
  for (const x of inputs) x.dispose();
});

/** For each input the gradient at hook_x of a loss that weighs rows. */
function gradientsOf(inputs: readonly Tensor[]): number[][] {
  using trace = openTrace(new Squares(), { gradients: "hook_x" });
  const invokes = inputs.map((x, i) =>
    trace.invoke(x, function* (t) {
      const result = yield* t.result();
      yield* t.backward(sum(mul(result, x)));
      assert.is(result.shape[0], inputs[i]?.shape[0]);
      return numbers(yield* t.gradOutput("hook_x"));
    }),
  );
  trace.run();
  return invokes.map(({ value }) => value);
}

test("a loss of one row has no gradient in the others", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = openTrace(new Squares(), { gradients: "a" });
    trace.invoke(a, function* (t) {
      yield* t.output("a");
    });
    const all = trace.invoke(function* (t) {
      return yield* t.gradOutput("a");
    });
    trace.invoke(b, function* (t) {
      yield* t.backward(sum(yield* t.result()));
    });
    trace.run();
    assert.equal(numbers(all.value), [0, 2 * 6]);
  }
  a.dispose();
  b.dispose();
});

test("what a body reads on the way belongs to the loss", () => {
  const x = column(2);
  {
    using trace = openTrace(new Squares(), { gradients: "**" });
    const seen = trace.invoke(x, function* (t) {
      const a = yield* t.output("a");
      yield* t.backward(sum(mul(a, 5)));
      return yield* t.gradOutput("hook_x");
    });
    trace.run();
    assert.equal(numbers(seen.value), [5 * 3]);
  }
  x.dispose();
});

test("gradients that were not asked for, or of nothing, are refused with what to do", () => {
  const x = column(2);
  {
    using plain = openTrace(new Squares());
    plain.invoke(x, function* (t) {
      yield* t.backward(sum(yield* t.result()));
    });
    assert.equal(
      failure(() => plain.run()),
      [
        "TRACE_GRADIENTS_OFF",
        'invoke 0 asked for gradients, but the trace takes none. Name the sites when it is opened: openTrace(model, { gradients: "blocks.*.hook_resid_pre" }).',
      ],
    );
    using trace = openTrace(new Squares(), { gradients: "a" });
    trace.invoke(x, function* (t) {
      yield* t.result();
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_LOSS_MISSING",
        "The trace takes gradients, but no body called backward. End a body with yield* t.backward(loss) and then yield* t.gradOutput(path), or open the trace without gradients.",
      ],
    );
    trace.invoke(x, function* (t) {
      yield* t.backward(yield* t.result());
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_LOSS",
        "invoke 1 called backward with float32 [1, 1], not with a float32 scalar. Make one number of the result, for example through mean or sum.",
      ],
    );
    trace.invoke(x, function* (t) {
      yield* t.gradOutput("b");
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_GRADIENT_SITE",
        "invoke 2 asked for the gradient of b, which the trace's gradients, a, do not name. Sites are tapped before the run: add it to gradients of openTrace.",
      ],
    );
    trace.invoke(x, function* (t) {
      yield* t.backward(sum(yield* t.result()));
      yield* t.backward(sum(x));
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_BACKWARD_LATE",
        "invoke 3 called backward when the backward pass was under way or over. All losses of a run are differentiated in one pass: call it once, before the first gradOutput or gradInput.",
      ],
    );
  }
  x.dispose();
});

test("gradients are of one run, and of one that does not wait", async () => {
  const x = column(2);
  {
    using trace = openTrace(new Squares(), { gradients: "a" });
    assert.equal(
      failure(() => trace.run((call) => [call(x), call(x)])),
      [
        "TRACE_GRADIENT_STEPS",
        "A trace with gradients ran its model a second time. Gradients are of one run: trace it alone.",
      ],
    );
    assert.equal(await asyncFailure(trace.runAsync()), [
      "TRACE_GRADIENTS_ASYNC",
      "runAsync was called on a trace with gradients. TensorFlow.js records gradients of synchronous runs only: call run.",
    ]);
  }
  x.dispose();
});

test("an error in the backward pass leaves nothing behind", () => {
  const x = column(2);
  const before = memory().numTensors;
  const mine = new TypeError("mine");
  {
    using trace = openTrace(new Squares(), { gradients: "**" });
    trace.invoke(x, function* (t) {
      yield* t.backward(sum(yield* t.result()));
      t.save(yield* t.gradOutput("b"));
      throw mine;
    });
    assert.is(
      thrown(() => trace.run()),
      mine,
    );
  }
  assert.is(memory().numTensors, before);
  x.dispose();
});

test.run();
