import { openTrace } from "@hookdict/tracing";
import { add, profile, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Two } from "./models.ts";

const test = suite("several bodies in one batch");

/** Two rows, each an invoke; one body passes l1 on through a barrier, the other puts it in its own place. */
function throughBarrier(isReaderFirst: boolean): number[] {
  const [a, b] = [column(1), column(2)];
  using trace = openTrace(new Two());
  const barrier = trace.barrier(2);
  let emb: Tensor | undefined;
  const reads = (x: Tensor): unknown =>
    trace.invoke(x, function* (t) {
      emb = yield* t.output("l1");
      yield* barrier.arrive();
    });
  const writes = (x: Tensor): unknown =>
    trace.invoke(x, function* (t) {
      yield* barrier.arrive();
      yield* t.set("l1", emb);
    });
  if (isReaderFirst) {
    reads(a);
    writes(b);
  } else {
    writes(a);
    reads(b);
  }
  const result = numbers(trace.run());
  a.dispose();
  b.dispose();
  return result;
}

test("a barrier lets one body write what another has read", () => {
  assert.equal(throughBarrier(true), [20, 20]);
});

test("it does so also when the writer is defined first", () => {
  assert.equal(throughBarrier(false), [30, 30]);
});

test("a cell does the same without a count, whoever comes first", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = openTrace(new Two());
    const emb = trace.cell<Tensor>();
    trace.invoke(a, function* (t) {
      yield* t.set("l1", yield* emb.take());
    });
    trace.invoke(b, function* (t) {
      emb.put(yield* t.output("l1"));
    });
    assert.equal(numbers(trace.run()), [30, 30]);
    assert.not(emb.isFilled);
  }
  a.dispose();
  b.dispose();
});

test("a barrier is used again", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = openTrace(new Two());
    const barrier = trace.barrier();
    const held: Tensor[] = [];
    trace.invoke(a, function* (t) {
      held.push(yield* t.output("l1"));
      yield* barrier.arrive();
      held.push(yield* t.output("l2"));
      yield* barrier.arrive();
    });
    trace.invoke(b, function* (t) {
      yield* barrier.arrive();
      yield* t.set("l1", held[0]);
      yield* barrier.arrive();
      yield* t.set("l2", add(held[1] as Tensor, 1));
    });
    assert.equal(numbers(trace.run()), [20, 21]);
  }
  a.dispose();
  b.dispose();
});

test("a barrier for more than come is an error, and one for too few gives undefined, which is refused", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = openTrace(new Two());
    const three = trace.barrier(3);
    for (const x of [a, b])
      trace.invoke(x, function* () {
        yield* three.arrive();
      });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_BARRIER_INCOMPLETE",
        "invoke 0 waited at a barrier for 3 bodies, of which 2 came. Give the barrier as many as call arrive, or pass the value on through a cell, which needs no count.",
      ],
    );
    const one = trace.barrier(1);
    let emb: Tensor | undefined;
    trace.invoke(a, function* (t) {
      yield* one.arrive();
      yield* t.set("l1", emb);
    });
    trace.invoke(b, function* (t) {
      emb = yield* t.output("l1");
      yield* one.arrive();
    });
    assert.match(thrown(() => trace.run()).message, /^invoke 2 set the output of l1 .* to undefined\./);
  }
  a.dispose();
  b.dispose();
});

test("a cell that nobody fills, or that is filled twice, or read too early, is an error", () => {
  const x = column(1);
  {
    using trace = openTrace(new Two());
    const cell = trace.cell<number>("clean");
    trace.invoke(x, function* () {
      yield* cell.take();
    });
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_CELL_NEVER_FILLED",
        'invoke 0 waited for the cell "clean", into which no body put anything. Call put in another body of the same run.',
      ],
    );
    assert.equal(
      failure(() => cell.value),
      [
        "TRACE_CELL_EMPTY",
        'The value of the cell "clean" was read, but there is none. In a body, wait for it: yield* cell.take(). Cells are empty again after each run.',
      ],
    );
    cell.put(1);
    assert.is(cell.value, 1);
    assert.equal(
      failure(() => cell.put(2)),
      [
        "TRACE_CELL_FILLED",
        'put was called on the cell "clean", which is filled. A cell holds one value in each run: use one for each value, or clear() it first.',
      ],
    );
  }
  x.dispose();
});

test("writes of several bodies at one site are one concatenation", async () => {
  const [a, b, zero, five] = [column(1), column(2), column(0), column(5)];
  {
    using trace = openTrace(new Two());
    trace.invoke(a, function* (t) {
      yield* t.set("l1", zero);
    });
    trace.invoke(b, function* (t) {
      yield* t.set("l1", five);
    });
    let output: number[] = [];
    const { kernels } = await profile(() => {
      output = numbers(trace.run());
      return [] as never;
    });
    assert.equal(output, [0, 50]);
    // The inputs are joined once, and so is what was written.
    assert.is(kernels.filter(({ name }) => name === "Concat").length, 1 + 1);
  }
  for (const tensor of [a, b, zero, five]) tensor.dispose();
});

test("invokes of 1, 2, 0, 0 and 1 rows see their own, or all", () => {
  const inputs = [column(1), column(2, 3), undefined, undefined, column(1)];
  {
    using trace = openTrace(new Two());
    const invokes = inputs.map((x) =>
      x === undefined
        ? trace.invoke(function* (t) {
            return yield* t.output("l2");
          })
        : trace.invoke(x, function* (t) {
            return yield* t.output("l2");
          }),
    );
    trace.run();
    assert.equal(
      invokes.map(({ value }) => value.shape[0]),
      [1, 2, 4, 4, 1],
    );
    const own = [0, 1, 4].flatMap((i) => numbers(invokes[i]?.value));
    assert.equal(own, numbers(invokes[2]?.value));
    assert.equal(numbers(invokes[0]?.value), numbers(invokes[4]?.value));
  }
  for (const x of inputs) x?.dispose();
});

test.run();
