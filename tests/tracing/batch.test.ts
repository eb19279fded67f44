import { HookPoint, Module } from "@hookdict/core";
import { expectClose } from "@hookdict/core/testing";
import { bucketByLength, headView, openTrace, padded, type Sequences } from "@hookdict/tracing";
import {
  add,
  gather,
  matMul,
  mul,
  reshape,
  scalar,
  slice,
  softmax,
  sub,
  tensor1d,
  tensor2d,
  type Tensor,
  tidy,
  zeros,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { column, numbers, Two } from "./models.ts";

const test = suite("batches of a trace");

/** One of attention's steps: absolute positions, and scores that do not look at padding. */
class Attending extends Module {
  readonly hook_embed: HookPoint = new HookPoint({ axes: ["batch", "pos", "d"] });
  readonly hook_flat: HookPoint = new HookPoint();
  readonly hook_scale: HookPoint = new HookPoint({ axes: ["one"] });
  override forward(tokens: Tensor, mask: Tensor, positions: Tensor): Tensor {
    const table = reshape(tensor1d(Array.from({ length: 40 }, (_, i) => Math.sin(3 * i + 1))), [10, 4]);
    const places = reshape(tensor1d(Array.from({ length: 32 }, (_, i) => Math.cos(2 * i))), [8, 4]);
    const x = this.hook_embed.call(add(gather(table, tokens as never), gather(places, positions as never)));
    const [rows = 1, pos = 1] = tokens.shape;
    const causal = tensor2d(
      Array.from({ length: pos * pos }, (_, i) => (i % pos > Math.floor(i / pos) ? 1e9 : 0)),
      [pos, pos],
    );
    const hidden = mul(sub(1, reshape(mask, [rows, 1, pos])), 1e9);
    const scores = sub(sub(matMul(x, x, false, true), causal), hidden);
    const mixed = add(x, matMul(softmax(scores), x));
    const flat = this.hook_flat.call(reshape(mixed, [rows * pos, 4]));
    const scaled = mul(flat, this.hook_scale.call(scalar(2)));
    return reshape(scaled, [rows, pos, 4]);
  }
}

const PROMPTS: readonly (readonly number[])[] = [[7], [1, 2, 3], [4]];
/** Sums of float32 in another order. */
const CLOSE = { atol: 1e-5, rtol: 1e-5 };

/** The logits of each prompt's last token, from one trace with the prompts grouped as given. */
function lastOf(groups: readonly Sequences[]): number[][] {
  using trace = openTrace(new Attending(), {
    batch: padded({
      args: ({ tokens, mask, positions }) => [tokens, mask, positions] as [Tensor, Tensor, Tensor],
    }),
    batchAxes: [["hook_flat", { axis: 0, rows: "several" }]],
  });
  const invokes = groups.map((group) =>
    trace.invoke(group, function* (t) {
      const result = yield* t.result();
      const [rows = 1, pos = 1] = result.shape;
      return Array.from({ length: rows }, (_, row) => numbers(slice(result, [row, pos - 1, 0], [1, 1, 4])));
    }),
  );
  trace.run();
  return invokes.flatMap(({ value }) => value);
}

test("prompts of different lengths give what each gives alone, however they are grouped", () => {
  const alone = PROMPTS.map((prompt) => lastOf([prompt])[0] as number[]);
  for (const groups of [
    [PROMPTS],
    PROMPTS,
    [[PROMPTS[0], PROMPTS[1]], PROMPTS[2]],
    [PROMPTS[0], PROMPTS.slice(1)],
  ])
    expectClose(lastOf(groups as readonly Sequences[]), alone, CLOSE);
});

test("a body finds the columns of its own tokens", () => {
  using trace = openTrace(new Attending(), {
    batch: padded({
      args: ({ tokens, mask, positions }) => [tokens, mask, positions] as [Tensor, Tensor, Tensor],
    }),
    batchAxes: [["hook_flat", { axis: 0, rows: "several" }]],
  });
  trace.invoke([1, 2, 3], function* () {});
  const places = trace.invoke([[7], [1, 2]], function* (t) {
    const { shape } = yield* t.output("hook_flat");
    assert.equal(shape, [2 * 3, 4]);
    return [t.pos(0), t.pos(-1), t.pos(0, 1), t.pos(1, 1)];
  });
  trace.run();
  assert.equal(places.value, [2, 2, 1, 2]);
  trace.invoke([7], function* (t) {
    yield* t.output("hook_flat");
    t.pos(1);
  });
  assert.equal(
    failure(() => trace.run()),
    [
      "TRACE_POSITION",
      "pos was asked for position 1 of row 0, which has 1 tokens. Count from 0, or from the end with -1.",
    ],
  );
  trace.invoke(["a"] as never, function* () {});
  assert.equal(
    failure(() => trace.run()),
    [
      "TRACE_SEQUENCE",
      "padded was given tuple (string) among its sequences. Give lists of token ids, [3, 1, 4] or [[3, 1, 4], [1, 5]], or int32 tensors [pos] or [rows, pos].",
    ],
  );
});

test("a value that all examples share is not cut, and one that is no batch is refused", () => {
  using trace = openTrace(new Attending(), {
    batch: padded({
      args: ({ tokens, mask, positions }) => [tokens, mask, positions] as [Tensor, Tensor, Tensor],
    }),
  });
  trace.invoke([1, 2], function* () {});
  const shared = trace.invoke([3], function* (t) {
    return yield* t.output("hook_scale");
  });
  trace.run();
  assert.equal(numbers(shared.value), [2]);
  trace.invoke([1, 2], function* () {});
  trace.invoke([3], function* (t) {
    yield* t.output("hook_flat");
  });
  assert.equal(
    failure(() => trace.run()),
    [
      "TRACE_BATCH",
      "The value at hook_flat is float32 [4, 4], but the batch of all invokes has 2 rows on its axis 0. Declare where the site has its examples: openTrace(model, { batchAxes: [[pattern, axis or null]] }).",
    ],
  );
});

test("what is declared unbatched stays whole, even where its first axis is as long as the batch", () => {
  const [a, b] = [column(1), column(2)];
  {
    using trace = openTrace(new Two(), { batchAxes: [["l1", null]] });
    const seen = trace.invoke(a, function* (t) {
      return yield* t.output("l1");
    });
    trace.invoke(b, function* () {});
    trace.run();
    assert.equal(numbers(seen.value), [2, 3]);
  }
  a.dispose();
  b.dispose();
});

test("inputs that make no batch are refused", () => {
  const [a, wide, single] = [column(1), zeros([1, 2]), scalar(1)];
  {
    using trace = openTrace(new Two());
    trace.invoke(a, function* () {}, { name: "clean" });
    trace.invoke(wide, function* () {});
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_INPUTS_UNLIKE",
        "The inputs of clean and invoke 1 cannot be one batch: tuple (float32 [rows, 1]) is not tuple (float32 [rows, 2]). Give inputs of one shape but for the first axis, or openTrace(model, { batch: padded(...) }) for sequences of different lengths.",
      ],
    );
  }
  {
    using trace = openTrace(new Two());
    trace.invoke(a, function* () {});
    trace.invoke(single, function* () {});
    assert.equal(
      failure(() => trace.run()),
      [
        "TRACE_INPUTS_ROWS",
        "The input of invoke 1 is tuple (float32 []): it has no first axis of examples, which several invokes need. Give tensors [rows, ...], or one invoke alone.",
      ],
    );
    using other = openTrace(new Two());
    other.invoke(a, function* (t) {
      yield* t.output("l1");
      t.pos(0);
    });
    assert.equal(
      failure(() => other.run()),
      [
        "TRACE_NOT_PADDED",
        "pos was asked in invoke 0, but the trace does not know where its sequences begin. Open it with a batch that tells: openTrace(model, { batch: padded(...) }).",
      ],
    );
  }
  for (const x of [a, wide, single]) x.dispose();
});

test("buckets by length need no padding", () => {
  assert.equal(
    bucketByLength(PROMPTS, ({ length }) => length),
    [[[7], [4]], [[1, 2, 3]]],
  );
});

test("a view shows heads, and what is written through it changes one alone", () => {
  class Wide extends Module {
    readonly hook_z: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return this.hook_z.call(x);
    }
  }
  const x = tensor2d([[1, 2, 3, 4, 5, 6]]);
  {
    using trace = openTrace(new Wide());
    const view = headView(3);
    const seen = trace.invoke(x, function* (t) {
      const heads = yield* t.output("hook_z", { view });
      const keep = tidy(() => reshape(tensor1d([1, 0, 1]), [1, 3, 1]));
      yield* t.set("hook_z", mul(heads, keep), { view });
      return heads;
    });
    assert.equal(numbers(trace.run()), [1, 2, 0, 0, 5, 6]);
    assert.equal(seen.value.shape, [1, 3, 2]);
    const reshaped = trace.invoke(x, function* (t) {
      const heads = reshape(yield* t.output("hook_z"), [1, 3, 2]);
      yield* t.set("hook_z", reshape(mul(heads, 2), [1, 6]));
      return yield* t.output("hook_z");
    });
    trace.run();
    assert.equal(numbers(reshaped.value), [2, 4, 6, 8, 10, 12]);
    assert.equal(
      failure(() => headView(4).to(x)),
      [
        "TRACE_HEADS",
        "A value of float32 [1, 6] cannot be seen as 4 heads. Its last axis must hold as many entries for each head.",
      ],
    );
  }
  x.dispose();
});

test.run();
