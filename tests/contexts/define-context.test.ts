import {
  compose,
  type ContextClass,
  defineContext,
  HookingContext,
  type HookingContextWithCache,
  option,
} from "@hookdict/contexts";
import { countHooks } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { mean, mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";

const test = suite("defineContext");

const Scaling = defineContext({
  name: "Scaling",
  options: { factor: option.number().required(), order: option.oneOf("pre", "post").default("post") },
  setUp: (context, { factor, order }, pattern) =>
    void context.hook(pattern, "fwd", { run: (value: Tensor) => mul(value, factor), order }),
});

const Means = defineContext({
  name: "Means",
  captures: true,
  setUp: (context, _, pattern) => void context.capture(pattern, "fwd", (value: Tensor) => mean(value)),
});

test("what it registers is there until the end of the block", () => {
  const [model, x] = [new Toy(), scalar(5)];
  {
    using hooked = new Scaling("hook_first", { factor: 2 }).prepare(model);
    assert.is(hooked.context.name, "Scaling");
    assert.is(takeOne(hooked.call(x)), (2 * 5 ** 2 + 3) ** 2 - 4);
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("a factory prints what it was given, and equals what means the same", () => {
  const factory = new Scaling("mix", { factor: 2 });
  assert.is(String(factory), 'Scaling(pattern: "mix", factor: 2)');
  assert.is(Scaling.name, "Scaling");
  assert.ok(factory.equals(new Scaling("mix", { factor: 2, order: "post" })));
  assert.not(factory.equals(new Scaling("mix", { factor: 2, order: "pre" })));
  assert.not(factory.equals(new Scaling("head", { factor: 2 })));
  assert.not(factory.equals(new Means("mix")));
  assert.equal({ ...factory.options }, { factor: 2 });
});

test("options that plain JavaScript gets wrong are errors at once", () => {
  const scaling = (options: unknown) => () => new Scaling("mix", options as { factor: number });
  for (const [options, code, message] of [
    [{}, "OPTION_INVALID", "The option factor of Scaling is missing. Give a finite number."],
    [undefined, "OPTION_INVALID", "The option factor of Scaling is missing. Give a finite number."],
    [{ factor: NaN }, "OPTION_INVALID", "The option factor of Scaling is NaN. Give a finite number."],
    [
      { factor: 1, order: "normal" },
      "OPTION_INVALID",
      'The option order of Scaling is "normal". Give "pre" or "post".',
    ],
    [
      { factor: 1, facto: 2 },
      "OPTION_UNKNOWN",
      'Scaling has no option "facto". Its options are factor, order.',
    ],
    ["2", "OPTIONS_INVALID", 'The options of Scaling are "2". Give a record of options by name, or nothing.'],
    [
      null,
      "OPTIONS_INVALID",
      "The options of Scaling are null. Give a record of options by name, or nothing.",
    ],
    [[2], "OPTIONS_INVALID", "The options of Scaling are [2]. Give a record of options by name, or nothing."],
  ] as const)
    assert.equal(failure(scaling(options)), [code, message]);
  assert.is(failure(() => new Scaling(3 as never, { factor: 1 }))[0], "PATTERN_INVALID");
});

test("one that captures has a cache, and the options of one", () => {
  const x = scalar(5);
  using cache = new TensorDict();
  {
    using hooked = new Means("hook_first", { cache }).prepare(new Toy());
    hooked.call(x).dispose();
    assert.is(hooked.cache, cache);
    assert.is(hooked.cache.get(["fwd", "hook_first"]).dataSync()[0], 25);
  }
  x.dispose();
});

test("two that fill one cache cannot be composed", () => {
  using cache = new TensorDict();
  const factory = new Means("hook_first", { cache });
  assert.equal(
    failure(() => compose(factory, new Means("hook_x", { cache }))),
    [
      "COMPOSE_CONFLICT",
      'Means(pattern: "hook_first", cache: (TensorDict)) and Means(pattern: "hook_x", cache: (TensorDict)) cannot be composed: ' +
        "both capture into the same cache. Change one of them, or prepare them one after the other.",
    ],
  );
  compose(factory, new Means("hook_x"));
});

test("a reason of its own keeps two apart, both ways", () => {
  const Alone = defineContext({
    name: "Alone",
    pattern: false,
    options: { with: option.string() },
    setUp: () => undefined,
    conflict: (options, other) =>
      other instanceof Scaling ? `${options.with ?? "it"} cannot scale` : undefined,
  });
  const [alone, scaling] = [new Alone({ with: "this" }), new Scaling("mix", { factor: 2 })];
  assert.match(failure(() => compose(alone, scaling))[1], "cannot be composed: this cannot scale.");
  assert.is(failure(() => compose(scaling, alone))[0], "COMPOSE_CONFLICT");
});

test("a context of its own class holds what belongs to one model", () => {
  class Counting extends HookingContext {
    runs = 0;
  }
  const Counter = defineContext({
    name: "Counter",
    pattern: false,
    context: Counting,
    setUp: (context) =>
      void context.hook("hook_first", "fwd", { kind: "observe", run: () => context.runs++ }),
  });
  const x = scalar(5);
  {
    using hooked = new Counter().prepare(new Toy());
    hooked.call(x).dispose();
    hooked.call(x).dispose();
    assert.is(hooked.context.runs, 2);
    assert.is(String(new Counter()), "Counter()");
  }
  x.dispose();
});

test("a definition that lacks something is refused", () => {
  const define = defineContext as (definition: unknown) => unknown;
  assert.equal(
    failure(() => define({ name: "A" })),
    [
      "CONTEXT_INVALID",
      "defineContext was given a definition whose setUp is missing. Give a function (context, options, pattern) that registers the hooks.",
    ],
  );
  for (const given of [undefined, null, "A", {}])
    assert.is(failure(() => define(given))[0], "CONTEXT_INVALID");
});

test("each kind of option knows its values", () => {
  using dict = new TensorDict();
  const x = scalar(1);
  const gone = scalar(1);
  gone.dispose();
  for (const [kind, good, bad] of [
    [option.number({ min: 0, max: 1 }), [0, 0.5, 1], [-1, 2, NaN, "1", null]],
    [option.number({ above: 0, max: 1 }), [0.5, 1], [0, 2]],
    [option.number({ min: 0, below: 1 }), [0, 0.5], [1, -1]],
    [option.number({ integer: true }), [0, -3], [0.5, Infinity]],
    [option.string(), [""], [1, null]],
    [option.boolean(), [true, false], [0, "true"]],
    [option.list(option.number(), 1), [[1]], [[], ["1"], 1]],
    [option.fn(), [() => 1], [{}]],
    [option.tensor(), [x], [gone, 1, dict]],
    [option.tensorDict(), [dict], [x, {}]],
    [option.direction(), ["fwd", "bwd_pre"], ["forward", 1]],
    [option.pattern(), ["**", () => true, ["a", ["b"]]], [[], 1, null]],
  ] as const) {
    for (const value of good) assert.ok(kind.check(value), kind.wanted);
    for (const value of bad) assert.not(kind.check(value), kind.wanted);
  }
  x.dispose();
});

// Checked by the compiler, never run: types follow from the declaration.
export function types(): void {
  // @ts-expect-error -- factor is required
  void new Scaling("mix");
  // @ts-expect-error -- a number
  void new Scaling("mix", { factor: "2" });
  // @ts-expect-error -- one of two
  void new Scaling("mix", { factor: 2, order: "normal" });
  // @ts-expect-error -- no such option
  void new Scaling("mix", { factor: 2, facto: 2 });
  const factor: number = new Scaling("mix", { factor: 2 }).options.factor;
  void factor;
  interface Options {
    readonly factor: number;
    readonly order?: "pre" | "post";
  }
  const written: ContextClass<Options, HookingContext> = Scaling;
  // @ts-expect-error -- the interface has an option that the declaration lacks
  const more: ContextClass<Options & { readonly more?: 1 }, HookingContext> = Scaling;
  // @ts-expect-error -- it lacks one
  const fewer: ContextClass<{ readonly factor: number }, HookingContext> = Scaling;
  const capturing: ContextClass<{ readonly cache?: TensorDict }, HookingContextWithCache> | undefined =
    undefined;
  void [written, more, fewer, capturing];
}

test.run();
