import { countHooks, HookFactory, MultiHookHandle, MultiHookManager } from "@hookdict/core";
import { type HookdictError, TensorDict } from "@hookdict/tensordict";
import {
  compose,
  type HookingContext,
  HookingContextFactory,
  hooksAt,
  Interventions,
} from "@hookdict/contexts";
import { ActivationCaching, ActivationPatching } from "@hookdict/latent";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";

const test = suite("compose");

/** Multiplies what passes a site; notes when it is set up and undone. */
class Scale extends HookingContextFactory {
  readonly factor: number;
  readonly log: string[];
  constructor(factor: number, log: string[] = []) {
    super();
    this.factor = factor;
    this.log = log;
  }
  override describe(): { name: string; options: Record<string, unknown> } {
    return { name: "Scale", options: { factor: this.factor } };
  }
  protected override setUp(context: HookingContext): void {
    this.log.push(`set up ${this.factor}`);
    context.defer(() => this.log.push(`undo ${this.factor}`));
    context.hook("hook_first", "fwd", (value: Tensor) => mul(value, this.factor));
  }
}
const out = (first: number): number => (first + 3) ** 2 - 4;
const caching = (): ActivationCaching => new ActivationCaching("hook_first");

test("a capture before a patch holds the unpatched value, one after it the patched one", () => {
  const x = scalar(5);
  {
    using hooked = compose(caching(), new Scale(10), caching()).prepare(new Toy());
    assert.is(takeOne(hooked.call(x)), out(5 ** 2 * 10));
    const [before, , after] = hooked.context.parts;
    assert.is(before.cache.get(["fwd", "hook_first"]).dataSync()[0], 5 ** 2);
    assert.is(after.cache.get(["fwd", "hook_first"]).dataSync()[0], 5 ** 2 * 10);
  }
  x.dispose();
});

test("parts are set up first to last and undone last to first, at any depth", () => {
  const log: string[] = [];
  const model = new Toy();
  compose(new Scale(1, log), compose(new Scale(2, log), compose(new Scale(3, log))))
    .prepare(model)
    .dispose();
  assert.equal(log, ["set up 1", "set up 2", "set up 3", "undo 3", "undo 2", "undo 1"]);
  assert.is(countHooks(model), 0);
});

test("effects chain in the order of the parts", () => {
  const x = scalar(5);
  const source = new TensorDict({ fwd: { hook_first: scalar(7) } });
  const patch = new ActivationPatching("hook_first", { source });
  assert.is(
    compose(patch, new Scale(10))
      .prepare(new Toy())
      .run((hooked) => takeOne(hooked.call(x))),
    out(7 * 10),
  );
  assert.is(
    compose(new Scale(10), patch)
      .prepare(new Toy())
      .run((hooked) => takeOne(hooked.call(x))),
    out(7),
  );
  source.dispose();
  x.dispose();
});

test("several captures share one pass", () => {
  const x = scalar(5);
  const model = new Toy();
  let passes = 0;
  using _counter = new MultiHookManager(model).register(
    "hook_x",
    "fwd",
    HookFactory.observe(() => passes++),
  );
  compose(caching(), new ActivationCaching("hook_*"), new ActivationCaching("second"))
    .prepare(model)
    .run((hooked) => {
      hooked.call(x).dispose();
      assert.equal(
        hooked.context.parts.map(({ cache }) => cache.keys({ nested: true, leavesOnly: true }).length),
        [1, 5, 1],
      );
    });
  assert.is(passes, 1);
  x.dispose();
});

test("the cache of the only caching part is the whole's", () => {
  const x = scalar(5);
  {
    using hooked = compose(new Scale(2), compose(caching())).prepare(new Toy());
    hooked.call(x).dispose();
    assert.is(hooked.cache.get(["fwd", "hook_first"]).dataSync()[0], 5 ** 2 * 2);
    using taken = hooked.takeCache();
    assert.is(taken.size, 1);
  }
  x.dispose();
});

test("two caches, or none, are asked for by their part", () => {
  const whole = (error: Error): readonly [string, string] => [(error as HookdictError).code, error.message];
  const hint =
    "Take the part's own: hooked.context.parts[0].cache, with the place of the part in compose(...).";
  using two = compose(caching(), caching()).prepare(new Toy());
  assert.equal(whole(thrown(() => two.cache)), [
    "COMPOSE_CACHES",
    `compose has 2 parts with a cache each. ${hint}`,
  ]);
  using none = compose(new Scale(1)).prepare(new Toy());
  assert.equal(whole(thrown(() => none.cache)), [
    "COMPOSE_CACHES",
    `compose has no part with a cache. ${hint}`,
  ]);
});

test("a part that fails undoes those before it", () => {
  const log: string[] = [];
  const model = new Toy();
  const error = thrown(() => compose(new Scale(1, log), new ActivationCaching("nowhere")).prepare(model));
  assert.is((error as HookdictError).code, "PATTERN_UNMATCHED");
  assert.equal(log, ["set up 1", "undo 1"]);
  assert.is(countHooks(model), 0);
});

test("what is no factory is refused when it is composed", () => {
  using hooked = caching().prepare(new Toy());
  const error = thrown(() => compose(caching(), hooked as never));
  assert.is((error as HookdictError).code, "COMPOSE_NOT_FACTORY");
  assert.is(
    error.message,
    "compose was given a HookedModule as its part 1. Give factories such as new ActivationCaching(...), before they are prepared.",
  );
});

test("what cannot stand together says why when it is composed", () => {
  using cache = new TensorDict();
  const first = new ActivationCaching("hook_x", { cache });
  const second = new ActivationCaching("hook_out", { cache });
  const error = thrown(() => compose(first, compose(new Scale(1), second)));
  assert.is((error as HookdictError).code, "COMPOSE_CONFLICT");
  assert.is(
    error.message,
    'ActivationCaching(pattern: "hook_x", cache: (TensorDict)) and compose(Scale(factor: 1), ActivationCaching(pattern: "hook_out", cache: (TensorDict))) ' +
      "cannot be composed: both capture into the same cache. Change one of them, or prepare them one after the other.",
  );
});

test("disabled puts every part to sleep, and events come from every part", () => {
  const x = scalar(5);
  const captured: string[] = [];
  {
    using hooked = compose(new Scale(10), caching()).prepare(new Toy());
    hooked.events.on("captured", ({ key }) => captured.push(key.join(":")));
    assert.is(
      hooked.disabled(() => takeOne(hooked.call(x))),
      out(5 ** 2),
    );
    assert.equal(captured, []);
    assert.is(takeOne(hooked.call(x)), out(5 ** 2 * 10));
    assert.equal(captured, ["fwd:hook_first"]);
  }
  x.dispose();
});

test("a composed factory prints, compares and plans as the sum of its parts", () => {
  const factory = compose(new Scale(1), caching());
  assert.is(String(factory), 'compose(Scale(factor: 1), ActivationCaching(pattern: "hook_first"))');
  assert.ok(factory.equals(compose(new Scale(1), caching())));
  assert.not.ok(factory.equals(compose(caching(), new Scale(1))));
  assert.equal(factory.plan(new Toy()).sites, [
    { path: "hook_first", directions: ["fwd"], kinds: ["replace", "observe"], bytes: null },
  ]);
});

test("replacePattern moves the hooks of a context, keeping what both patterns match", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hook_{x,first}").prepare(new Toy());
    hooked.context.replacePattern("hook_{first,mid}");
    hooked.call(x).dispose();
    assert.equal(hooked.cache.get<TensorDict>("fwd").keys(), ["hook_first", "hook_mid"]);
    const error = thrown(() => hooked.context.replacePattern("nowhere"));
    assert.is((error as HookdictError).code, "PATTERN_UNMATCHED");
    assert.equal(
      hooked.context.binding.entries.map(({ port }) => port.site.path),
      ["hook_first", "hook_mid"],
    );
  }
  x.dispose();
});

test("replacePattern moves a permanent hook, and joined handles all of theirs", () => {
  const model = new Toy();
  const manager = new MultiHookManager(model);
  const both = manager
    .register("hook_x", "fwd", () => undefined)
    .concat(manager.register("hook_first", "fwd", () => undefined));
  both.replacePattern("hook_out");
  assert.equal(both.paths, ["hook_out", "hook_out"]);
  both.dispose();
  assert.is(countHooks(model), 0);
});

test("replacePattern leaves a hook away that was removed before", () => {
  const model = new Toy();
  const hooked = new ActivationCaching("hook_x").prepare(model);
  const removed = hooked.context.hook("hook_x", "fwd", () => undefined);
  const permanent = new MultiHookManager(model).register("hook_x", "fwd", () => undefined);
  removed.dispose();
  permanent.dispose();
  hooked.context.replacePattern("hook_mid");
  for (const handle of [removed, permanent]) handle.replacePattern("hook_out");
  assert.is(countHooks(model), 1);
  hooked.dispose();
  assert.is(countHooks(model), 0);
});

test("a handle of single hooks cannot be moved", () => {
  const model = new Toy();
  const { handles } = new MultiHookManager(model).register("hook_{x,first}", "fwd", () => undefined);
  const single = new MultiHookHandle(handles);
  const error = thrown(() => single.replacePattern("hook_out"));
  assert.is((error as HookdictError).code, "HANDLE_FIXED");
  assert.is(
    error.message,
    "replacePattern was called on a handle of single hooks (hook_x, hook_first). Call it on what registering with a pattern returned.",
  );
  single.dispose();
  assert.is(countHooks(model), 0);
});

test("a part that captures nothing does not stand between the composed context and its cache", () => {
  const x = scalar(5);
  const zero = new Interventions({ interventions: [{ kind: "zero", at: "hook_mid" }] });
  {
    using hooked = compose(zero, new ActivationCaching("hook_mid")).prepare(new Toy());
    hooked.call(x).dispose();
    assert.is(hooked.cache.get<Tensor>(["fwd", "hook_mid"]).dataSync()[0], 0);
    using two = compose(new ActivationCaching("hook_x"), new ActivationCaching("hook_mid")).prepare(
      new Toy(),
    );
    assert.is(failure(() => two.cache)[0], "COMPOSE_CACHES");
  }
  x.dispose();
});

test("hooks written down on the spot are a factory like any other", () => {
  const [model, x] = [new Toy(), scalar(5)];
  const double = (value: Tensor): Tensor => mul(value, 2);
  const factory = hooksAt(["hook_first", double], ["hook_out", "fwd", { run: double, order: "post" }]);
  {
    using hooked = compose(factory, new ActivationCaching("hook_first")).prepare(model);
    assert.is(takeOne(hooked.call(x)), 2 * ((2 * 5 ** 2 + 3) ** 2 - 4));
    assert.is(hooked.cache.get<Tensor>(["fwd", "hook_first"]).dataSync()[0], 2 * 5 ** 2);
  }
  assert.is(countHooks(model), 0);
  assert.ok(hooksAt(["hook_first", double]).equals(hooksAt(["hook_first", double])));
  assert.not(hooksAt(["hook_first", double]).equals(hooksAt(["hook_x", double])));
  assert.is(failure(() => hooksAt(["hook_first"] as never))[0], "PLACED_HOOK_INVALID");
  x.dispose();
});

test.run();
