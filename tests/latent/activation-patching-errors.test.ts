import { countHooks, HookPoint, Module } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching, ActivationPatching, type ActivationPatchingOptions } from "@hookdict/latent";
import { neg, scalar, stack, tensor, type Tensor, tensor1d } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Embedder, Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";
import { Heads, numbered } from "./heads.ts";

const test = suite("what ActivationPatching refuses");

test("a source that the run itself refills is an error, unless its context sleeps", () => {
  const model = new Toy();
  const [x, y] = [scalar(5), scalar(2)];
  {
    using clean = new ActivationCaching("hook_first").prepare(model);
    clean.call(x).dispose();
    const source = clean.cache;
    using patched = new ActivationPatching("hook_first", { source }).prepare(model);
    assert.is(takeOne(clean.disabled(() => patched.call(y))), (5 ** 2 + 3) ** 2 - 4);
    assert.equal(
      failure(() => patched.call(y)),
      [
        "PATCH_SOURCE_REFILLED",
        "The source of ActivationPatching at hook_first is the cache of ActivationCaching, which this very run has emptied " +
          "and fills again. Take the other run's captures out of that context first: source = hooked.takeCache().",
      ],
    );
  }
  x.dispose();
  y.dispose();
});

test("a plan with the cache of a context that is awake changes nothing of that", () => {
  const model = new Toy();
  const [x, y] = [scalar(5), scalar(2)];
  using cache = new TensorDict();
  const caching = new ActivationCaching("hook_first", { cache });
  {
    using clean = caching.prepare(model);
    clean.call(x).dispose();
    caching.plan(model);
    using patched = new ActivationPatching("hook_first", { source: cache }).prepare(model);
    assert.is(failure(() => patched.call(y))[0], "PATCH_SOURCE_REFILLED");
  }
  x.dispose();
  y.dispose();
});

test("a source that is no TensorDict, and an option that does not exist, are errors at once", () => {
  using clean = new ActivationCaching("hook_first").prepare(new Toy());
  const patching = (options: object): unknown =>
    new ActivationPatching("hook_first", options as ActivationPatchingOptions);
  assert.equal(
    failure(() => patching({ source: clean })),
    [
      "OPTION_INVALID",
      "The option source of ActivationPatching is a HookedModule. Give a TensorDict, such as hooked.takeCache() returns.",
    ],
  );
  for (const [given, shown] of [
    [undefined, "missing"],
    [() => clean.cache, "a function"],
    [Object.create(null), "a record"],
  ] as const)
    assert.is(
      failure(() => patching({ source: given }))[1],
      `The option source of ActivationPatching is ${shown}. Give a TensorDict, such as hooked.takeCache() returns.`,
    );
  for (const [options, name, shown] of [
    [{ positions: null }, "positions", "null"],
    [{ positions: "1" }, "positions", '"1"'],
    [{ heads: [0, "1"] }, "heads", '[0,"1"]'],
    [{ slice: { pos: { from: 1 } } }, "slice.pos", "a record"],
  ] as const) {
    assert.equal(
      failure(() => patching({ source: clean.cache, ...options })),
      [
        "OPTION_INVALID",
        `The option ${name} of ActivationPatching is ${shown}. Give a whole number, a list of them, or a range { start, end, step }.`,
      ],
    );
  }
  assert.equal(
    failure(() => patching({ source: clean.cache, slice: null })),
    [
      "OPTION_INVALID",
      "The option slice of ActivationPatching is null. Give a record of axes, such as { pos: -1, head: [0, 3] }.",
    ],
  );
  assert.equal(
    failure(() => patching({ source: clean.cache, position: 3 })),
    [
      "OPTION_UNKNOWN",
      'ActivationPatching has no option "position". Its options are source, positions, heads, slice, patch, direction.',
    ],
  );
});

const failureOf = (
  source: TensorDict,
  options: Omit<ActivationPatchingOptions, "source"> = {},
): readonly [string, string] => {
  const x = numbered(1);
  try {
    const hooked = new ActivationPatching("hook_q", { source, ...options });
    return failure(() => hooked.prepare(new Heads()).run((model) => model.call(x)));
  } finally {
    x.dispose();
    source.dispose();
  }
};

test("a capture that is not there is named, with those that are", () => {
  assert.equal(failureOf(new TensorDict()), [
    "PATCH_SOURCE_MISSING",
    'ActivationPatching found no ["fwd","hook_q"] in its source; it is empty. Capture this site first, in the same direction, with a pattern that covers it.',
  ]);
  assert.equal(failureOf(new TensorDict({ fwd: { hook_k: scalar(1) }, bwd: { hook_q: scalar(1) } })), [
    "PATCH_SOURCE_MISSING",
    'ActivationPatching found no ["fwd","hook_q"] in its source; it has ["fwd","hook_k"], ["bwd","hook_q"]. Capture this site first, in the same direction, with a pattern that covers it.',
  ]);
  const names = Array.from({ length: 10 }, (_, i) => `k${i}`);
  const listed = names.slice(0, 8).map((name) => `["fwd","${name}"]`);
  assert.is(
    failureOf(new TensorDict({ fwd: Object.fromEntries(names.map((name) => [name, scalar(1)])) }))[1],
    `ActivationPatching found no ["fwd","hook_q"] in its source; it has ${listed.join(", ")} and 2 more. Capture this site first, in the same direction, with a pattern that covers it.`,
  );
});

test("a capture of another shape or dtype is refused", () => {
  assert.equal(failureOf(new TensorDict({ fwd: { hook_q: tensor([1, 2, 3, 4], [1, 2, 2, 1]) } })), [
    "PATCH_SOURCE_SHAPE",
    "The source of ActivationPatching at hook_q is float32 [1, 2, 2, 1], but the value there is float32 [2, 3, 2, 1]. Use prompts of the same length, or combine the two yourself with the option patch.",
  ]);
  assert.equal(failureOf(new TensorDict({ fwd: { hook_q: tensor([1], [1, 1, 1, 1], "int32") } })), [
    "PATCH_SOURCE_SHAPE",
    "The source of ActivationPatching at hook_q is int32 [1, 1, 1, 1], but the value there is float32 [2, 3, 2, 1]. Use prompts of the same length, or combine the two yourself with the option patch.",
  ]);
});

test("an index outside an axis says which are inside", () => {
  const source = (): TensorDict => new TensorDict({ fwd: { hook_q: numbered(-1) } });
  assert.equal(failureOf(source(), { positions: 3 }), [
    "PATCH_INDEX",
    'Index 3 of the axis "pos" is outside the value at hook_q, where that axis has 3 entries. Use whole numbers from -3 to 2; negative ones count from the end.',
  ]);
  assert.equal(failureOf(source(), { heads: [0, 0.5] }), [
    "PATCH_INDEX",
    'Index 0.5 of the axis "head" is outside the value at hook_q, where that axis has 2 entries. Use whole numbers from -2 to 1; negative ones count from the end.',
  ]);
});

test("an axis that a site does not declare is refused before anything runs", () => {
  const source = new TensorDict();
  using model = new Embedder();
  assert.equal(
    failure(() => new ActivationPatching("hook_embed", { source, heads: 0 }).prepare(model)),
    [
      "PATCH_AXIS",
      'ActivationPatching was asked for the axis "head" at hook_embed, which declares the axes batch, pos, dModel. Match only sites with that axis, name another one with the option slice, or use the option patch.',
    ],
  );
  assert.equal(
    failure(() => new ActivationPatching("hook_x", { source, positions: 0 }).prepare(new Toy())),
    [
      "PATCH_AXIS",
      'ActivationPatching was asked for the axis "pos" at hook_x, which declares no axes. Match only sites with that axis, name another one with the option slice, or use the option patch.',
    ],
  );
  assert.is(countHooks(model), 0);
  source.dispose();
});

test("a value that is not one tensor is refused", () => {
  class Two extends Module {
    readonly hook_pair: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      const [a, b] = this.hook_pair.call([x, neg(x)] as const);
      return stack([a, b]);
    }
  }
  const source = new TensorDict({ fwd: { hook_pair: scalar(1) } });
  const x = tensor1d([1]);
  {
    using hooked = new ActivationPatching("hook_pair", { source }).prepare(new Two());
    assert.equal(
      failure(() => hooked.call(x)),
      [
        "PATCH_NOT_TENSOR",
        "ActivationPatching can patch single tensors; the value at hook_pair is tuple (float32 [1], float32 [1]). Match a hook point inside instead, or use the option patch.",
      ],
    );
  }
  source.dispose();
  x.dispose();
});

test.run();
