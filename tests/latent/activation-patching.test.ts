import { countHooks, HookPoint, Module, TensorDict } from "@hookdict/core";
import { ActivationCaching, ActivationPatching, type ActivationPatchingOptions } from "@hookdict/latent";
import {
  add,
  mul,
  neg,
  scalar,
  stack,
  tensor,
  type Tensor,
  tensor1d,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Embedder, Repeat, Toy } from "../support/models.ts";
import { take, takeOne } from "../support/values.ts";

const test = suite("ActivationPatching");

/** The identity on `[batch, pos, head, dHead]`, declared as such. */
class Heads extends Module {
  readonly hook_q: HookPoint = new HookPoint({ axes: ["batch", "pos", "head", "dHead"] });
  override forward(x: Tensor): Tensor {
    return this.hook_q.call(x);
  }
}
const SHAPE = [2, 3, 2, 1];
/** 100·batch + 10·pos + head at every place. */
const numbered = (sign: number): Tensor => {
  const values = [];
  for (const batch of [0, 1])
    for (const pos of [0, 1, 2])
      for (const head of [0, 1]) values.push(sign * (100 * batch + 10 * pos + head + 1));
  return tensor(values, SHAPE);
};

/** The signs of what comes out, as one string over batch, position and head: "-" is patched. */
function patchedPlaces(options: Omit<ActivationPatchingOptions, "source">): string {
  const source = new TensorDict({ fwd: { hook_q: numbered(-1) } });
  const x = numbered(1);
  using hooked = new ActivationPatching("hook_q", { source, ...options }).prepare(new Heads());
  const values = take(hooked.call(x));
  x.dispose();
  source.dispose();
  return values.map((value) => (value < 0 ? "-" : "+")).join("");
}

test("without places the whole value is patched", () => {
  assert.is(patchedPlaces({}), "-- -- -- -- -- --".replaceAll(" ", ""));
});

test("positions patch the declared axis pos only", () => {
  assert.is(patchedPlaces({ positions: 1 }), "++ -- ++ ++ -- ++".replaceAll(" ", ""));
  assert.is(patchedPlaces({ positions: [0, -1] }), "-- ++ -- -- ++ --".replaceAll(" ", ""));
});

test("heads patch the declared axis head only", () => {
  assert.is(patchedPlaces({ heads: -1 }), "+- +- +- +- +- +-".replaceAll(" ", ""));
});

test("positions, heads and other axes are patched where all of them agree", () => {
  assert.is(patchedPlaces({ at: { batch: 1 } }), "++ ++ ++ -- -- --".replaceAll(" ", ""));
  assert.is(
    patchedPlaces({ at: { batch: 0 }, positions: [1, 2], heads: 0 }),
    "++ -+ -+ ++ ++ ++".replaceAll(" ", ""),
  );
});

test("no places in a list patch nothing", () => {
  assert.is(patchedPlaces({ positions: [] }), "+".repeat(12));
});

test("patching a run with its own values changes no bit", () => {
  const model = new Toy();
  const x = scalar(1.1);
  {
    using clean = new ActivationCaching("**").prepare(model);
    const expected = takeOne(clean.call(x));
    using source = clean.context.takeCache();
    using patched = new ActivationPatching("**", { source }).prepare(model);
    assert.is(takeOne(patched.call(x)), expected);
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

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
    [{ at: { pos: {} } }, "at.pos", "a Object"],
  ] as const) {
    assert.equal(
      failure(() => patching({ source: clean.cache, ...options })),
      [
        "OPTION_INVALID",
        `The option ${name} of ActivationPatching is ${shown}. Give a whole number or a list of them, such as -1 or [0, 3].`,
      ],
    );
  }
  assert.equal(
    failure(() => patching({ source: clean.cache, at: null })),
    [
      "OPTION_INVALID",
      "The option at of ActivationPatching is null. Give a record of axes, such as { pos: -1, head: [0, 3] }.",
    ],
  );
  assert.equal(
    failure(() => patching({ source: clean.cache, position: 3 })),
    [
      "OPTION_UNKNOWN",
      'ActivationPatching has no option "position". Its options are source, positions, heads, at, patch, direction.',
    ],
  );
});

test("a patched value is what the rest of the model computes with", () => {
  const model = new Toy();
  const [x, y] = [scalar(5), scalar(2)];
  {
    using clean = new ActivationCaching("hook_first").prepare(model);
    clean.call(x).dispose();
    using source = clean.context.takeCache();
    using patched = new ActivationPatching("hook_first", { source }).prepare(model);
    assert.is(takeOne(patched.call(y)), (5 ** 2 + 3) ** 2 - 4);
  }
  assert.is(takeOne(tidy(() => new Toy().call(y))), (2 ** 2 + 3) ** 2 - 4);
  x.dispose();
  y.dispose();
});

test("the option patch combines the two by itself", () => {
  const source = new TensorDict({ fwd: { hook_first: scalar(10) } });
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("hook_first", {
      source,
      patch: (site, was, is) => (site.path === "hook_first" ? add(mul(was, 0.5), is) : neg(is)),
    }).prepare(new Toy());
    assert.is(takeOne(hooked.call(x)), (0.5 * 10 + 25 + 3) ** 2 - 4);
  }
  source.dispose();
  x.dispose();
});

test("each run of a site is patched from the capture of the same number", () => {
  const source = new TensorDict({
    fwd: { double: scalar(1), "double#1": scalar(10), "double#2": scalar(7) },
  });
  const x = scalar(3);
  {
    using hooked = new ActivationPatching("double", { source }).prepare(new Repeat(3));
    using seen = new ActivationCaching("double").prepare(hooked);
    assert.is(takeOne(seen.call(x)), 7);
    const at = (path: string): number | undefined => seen.cache.get(["fwd", path]).dataSync()[0];
    assert.equal([at("double"), at("double#1"), at("double#2")], [1, 10, 7]);
  }
  source.dispose();
  x.dispose();
});

test("an input is patched in the direction fwd_pre, read under that key", () => {
  const source = new TensorDict({ fwd: { second: scalar(-1) }, fwd_pre: { second: scalar(4) } });
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("second", { source, direction: "fwd_pre" }).prepare(new Toy());
    assert.is(takeOne(hooked.call(x)), 4 ** 2 - 4);
  }
  source.dispose();
  x.dispose();
});

test("a gradient is patched in the direction bwd", () => {
  const source = new TensorDict({ bwd: { hook_mid: scalar(3) } });
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("hook_mid", { source, direction: "bwd" }).prepare(new Toy());
    const { value, grads } = hooked.valueAndGrads(() => hooked.call(x), "hook_x");
    // d hook_mid / d x = 2·5; the loss's own gradient 2·28 never arrives.
    assert.is(takeOne(grads.get("hook_x").clone()), 3 * (2 * 5));
    value.dispose();
    grads.dispose();
  }
  source.dispose();
  x.dispose();
});

test("a source of batch 1 is repeated over the batch", () => {
  const source = new TensorDict({ fwd: { hook_q: tensor([-1, -2], [1, 1, 2, 1]) } });
  const x = numbered(1);
  {
    using hooked = new ActivationPatching("hook_q", { source, positions: 0 }).prepare(new Heads());
    assert.equal(take(hooked.call(x)).slice(0, 3), [-1, -2, 11]);
  }
  source.dispose();
  x.dispose();
});

test("the source is read when the site runs, not when the model is prepared", () => {
  const source = new TensorDict();
  const x = scalar(5);
  {
    using hooked = new ActivationPatching("hook_first", { source }).prepare(new Toy());
    source.set(["fwd", "hook_first"], scalar(1));
    assert.is(takeOne(hooked.call(x)), (1 + 3) ** 2 - 4);
  }
  source.dispose();
  x.dispose();
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
      'ActivationPatching was asked for the axis "head" at hook_embed, which declares the axes batch, pos, dModel. Match only sites with that axis, name another one with the option at, or use the option patch.',
    ],
  );
  assert.equal(
    failure(() => new ActivationPatching("hook_x", { source, positions: 0 }).prepare(new Toy())),
    [
      "PATCH_AXIS",
      'ActivationPatching was asked for the axis "pos" at hook_x, which declares no axes. Match only sites with that axis, name another one with the option at, or use the option patch.',
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

test("tokens are patched by position between prompts of a real shape", () => {
  using model = new Embedder();
  const [clean, corrupt] = [tensor2d([[0, 1]], [1, 2], "int32"), tensor2d([[2, 2]], [1, 2], "int32")];
  {
    using caching = new ActivationCaching("hook_embed").prepare(model);
    caching.call(clean).dispose();
    using source = caching.context.takeCache();
    using hooked = new ActivationPatching("hook_embed", { source, positions: -1 }).prepare(model);
    assert.equal(take(hooked.call(corrupt)), [2 * 5, 2 * 6, 2 * 3, 2 * 4]);
  }
  clean.dispose();
  corrupt.dispose();
});

test.run();
