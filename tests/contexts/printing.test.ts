import { inspect } from "node:util";
import { compose, Interventions, openSession } from "@hookdict/contexts";
import { hookFunction, HookPoint, Module, MultiHookManager, site } from "@hookdict/core";
import { TinyModule } from "@hookdict/core/testing";
import { ActivationCaching } from "@hookdict/latent";
import { CausalCache } from "@hookdict/models";
import { openTrace } from "@hookdict/tracing";
import { scalar, square, tensor1d, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { Point, Toy } from "../support/models.ts";

const test = suite("what console.log shows");

test("a model shows its sites as a tree, and who has which hooks there", () => {
  const model = new Toy();
  using session = openSession(model);
  session.set("hook_mid", function double(value: Tensor) {
    return value;
  });
  assert.is(
    inspect(model),
    [
      "Toy: 9 sites",
      "  hook_x       HookPoint",
      "  first        Square",
      "    hook_in    HookPoint",
      "  hook_first   HookPoint",
      "  hook_mid     HookPoint  ← fwd Session.double",
      "  second       Square",
      "    hook_in    HookPoint",
      "  hook_second  HookPoint",
      "  hook_out     HookPoint",
    ].join("\n"),
  );
});

test("of many hooks at a site a few are named", () => {
  using model = new TinyModule();
  using manager = new MultiHookManager(model, { name: "mine" });
  for (let i = 0; i < 2000; i++) manager.register("head", "fwd", () => undefined);
  const line = String(model)
    .split("\n")
    .find((each) => each.includes("head"));
  assert.match(line ?? "", /^ +head +Dense.* {2}(← fwd mine {2}){4}… 1996 more$/);
});

test("declared axes are shown", () => {
  class Axes extends Module {
    readonly hook_x: HookPoint = new HookPoint({ axes: ["batch", "pos"] });
    override forward(x: Tensor): Tensor {
      return this.hook_x.call(x);
    }
  }
  assert.is(inspect(new Axes()), "Axes: 1 site\n  hook_x  HookPoint [batch, pos]");
});

test("a hooked module, its context and its cache are shown as they print", () => {
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("hook_x").prepare(new Point());
    hooked.call(x).dispose();
    assert.is(inspect(hooked), `HookedModule of Point\n${inspect(hooked.context)}`);
    assert.is(
      inspect(hooked.context),
      'ActivationCaching(pattern: "hook_x")\n1 hook at 1 site\n  hook_x  fwd',
    );
    assert.is(inspect(hooked.cache), String(hooked.cache));
    assert.match(inspect(hooked.cache), "hook_x");
  }
  x.dispose();
});

test("factories, plans and handles are shown in words", () => {
  const model = new Point();
  const factory = new ActivationCaching("hook_x");
  assert.is(inspect(factory), 'ActivationCaching(pattern: "hook_x")');
  assert.is(
    inspect(compose(factory, factory)),
    'compose(ActivationCaching(pattern: "hook_x"), ActivationCaching(pattern: "hook_x"))',
  );
  assert.is(inspect(factory.plan(model)), String(factory.plan(model)));
  using session = openSession(model);
  const handle = session.stop("hook_x");
  assert.is(inspect(handle), "1 hook\n  fwd hook of Session at hook_x");
  const [one] = handle.handles;
  handle.dispose();
  assert.is(inspect(one), "fwd hook of Session at hook_x (removed)");
});

test("proxies and the results of interventions say what is there", () => {
  const [model, x] = [new Point(), scalar(1)];
  {
    using session = openSession(model);
    const proxy = session.get("hook_x");
    assert.is(inspect(proxy), "CacheProxy\n  hook_x  not run yet");
    session.call(x).dispose();
    assert.is(inspect(proxy), "CacheProxy\n  hook_x  float32 []");
    using result = new Interventions({ captures: [{ at: "hook_x" }] }).run(model, x);
    assert.is(inspect(result), `HookCache of an output float32 []\n${String(result.captures)}`);
  }
  x.dispose();
});

test("a manager shows where its hooks are", () => {
  using manager = new MultiHookManager(new Point());
  assert.is(inspect(manager), "MultiHookManager\n0 hooks at 0 sites");
  manager.register("hook_x", "fwd", () => undefined);
  assert.is(inspect(manager), "MultiHookManager\n1 hook at 1 site\n  hook_x  fwd");
});

test("a function under hooks shows its sites once they are known", () => {
  const [x, model] = [scalar(2), hookFunction((value: Tensor) => site("squared", square(value)))];
  assert.is(inspect(model), "function: its sites are known after a run");
  model.discover(x);
  assert.is(inspect(model), "function: 1 site\n  squared  site");
  x.dispose();
});

test("a trace, its invokes and its caches say what they wait for and what they hold", () => {
  const x = tensor1d([1]);
  const trace = openTrace(new Point());
  const cache = trace.cache();
  const invoke = trace.invoke(x, function* (t) {
    return yield* t.output("hook_x");
  });
  assert.is(inspect(trace), "Trace of Point: 1 invoke for the next run");
  assert.is(inspect(invoke), "invoke 0: not run yet");
  trace.run();
  assert.is(inspect(invoke), "invoke 0: float32 [1]");
  assert.is(inspect(cache), String(cache));
  trace.dispose();
  assert.is(inspect(trace), "Trace of Point (disposed)");
  x.dispose();
});

test("a cache of keys and values is shown as it prints", () => {
  using cache = new CausalCache({ capacity: 8 });
  assert.is(inspect(cache), String(cache));
  assert.match(inspect(cache), "0 of 8 cells");
});

test("what has ended is shown, too", () => {
  const hooked = new ActivationCaching("hook_x").prepare(new Point());
  const { cache } = hooked;
  hooked.dispose();
  assert.match(inspect(hooked), "(disposed)");
  assert.match(inspect(cache), "disposed");
});

test.run();
