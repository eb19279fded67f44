import { openSession } from "@hookdict/contexts";
import { hookFunction, type Hookable, HookPoint, Module, site } from "@hookdict/core";
import { hookGraph } from "@hookdict/core/graph";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { add, mul, ones, scalar, sum, tensor1d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { chain } from "../graph/models.ts";
import { take, takeOne } from "../../support/values.ts";

const test = suite("a model that is given what it has captured itself");

/** 2x, then twice that plus x: the input is read after the site has run. */
class Twice extends Module {
  readonly hook_a = new HookPoint();
  readonly hook_b = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_b.call(add(mul(this.hook_a.call(mul(x, 2)), 2), x));
  }
}
const twice = hookFunction((x: Tensor) => site("hook_b", add(mul(site("hook_a", mul(x, 2)), 2), x)), {
  sites: { hook_a: null, hook_b: null },
});

const KINDS: readonly (readonly [string, Hookable<readonly [x: Tensor], Tensor>])[] = [
  ["module", new Twice()],
  ["function", twice],
];

for (const [kind, model] of KINDS) {
  test(`a call of a ${kind} may be given a capture of the call before`, () => {
    const x = scalar(1);
    using hooked = new ActivationCaching("**").prepare(model);
    hooked.call(x).dispose();
    assert.is(takeOne(hooked.call(hooked.cache.get(["fwd", "hook_a"]))), 2 * 5);
    assert.equal(take(hooked.cache.get<Tensor>(["fwd", "hook_a"]).clone()), [4]);
    x.dispose();
  });

  test(`a session's call of a ${kind} may be given what the call before has shown`, () => {
    const x = scalar(1);
    using session = openSession(model);
    const seen = session.get("hook_a");
    session.call(x).dispose();
    assert.is(takeOne(session.call(seen.value)), 2 * 5);
    x.dispose();
  });

  test(`the loss of a backward pass of a ${kind} may read a capture of the run before`, () => {
    const x = scalar(1);
    using hooked = new ActivationCaching("hook_a", { directions: ["fwd", "bwd"] }).prepare(model);
    hooked.call(x).dispose();
    const before: Tensor = hooked.cache.get(["fwd", "hook_a"]);
    hooked.backward(() => mul(hooked.call(before), before));
    assert.is(hooked.cache.get<Tensor>(["bwd", "hook_a"]).dataSync()[0], 2 * 2);
    assert.ok(before.isDisposed);
    x.dispose();
  });

  test(`a run that somebody opens on a ${kind} may read captures of the run before, also when it throws`, async () => {
    const x = scalar(1);
    using hooked = new ActivationCaching("**").prepare(model);
    const again = (): Tensor => hooked.cache.get(["fwd", "hook_a"]);
    hooked.call(x).dispose();
    const first = again();
    assert.is(
      hooked.during(() => takeOne(hooked.call(first))),
      2 * 5,
    );
    const second = again();
    assert.is(await hooked.duringAsync(async () => Promise.resolve(takeOne(hooked.call(second)))), 4 * 5);
    const third = again();
    assert.throws(() =>
      hooked.during(() => {
        hooked.call(third).dispose();
        throw new RangeError("no");
      }),
    );
    assert.ok([first, second, third].every(({ isDisposed }) => isDisposed));
    x.dispose();
  });
}

test("layers may be given what they have captured", async () => {
  const model = sequential({
    layers: ["a", "b"].map((name) =>
      layers.dense({ units: 2, inputShape: [2], name, kernelInitializer: "ones" }),
    ),
  });
  const x = ones([1, 2]);
  {
    using hooked = new ActivationCaching("*").prepare(hookLayers(model));
    hooked.call(x).dispose();
    assert.equal(take(hooked.call(hooked.cache.get(["fwd", "b"]))), [16, 16]);
    assert.equal(take(model.predict(hooked.cache.get<Tensor>(["fwd", "a"])) as Tensor), [32, 32]);
  }
  x.dispose();
  model.dispose();
});

test("a graph may be given what it has captured", () => {
  const model = chain();
  const x = tensor1d([1, 2]);
  {
    using hooked = new ActivationCaching("block.twice").prepare(hookGraph(model));
    hooked.call(x).dispose();
    assert.equal(take(hooked.call(hooked.cache.get<Tensor>(["fwd", "block.twice"]))), [4 * 5, 8 * 9]);
  }
  x.dispose();
  model.dispose();
});

test("a part of the model may be given, in a run of the whole, what that has captured", () => {
  const x = scalar(1);
  class Whole extends Module {
    readonly first = new Twice();
    readonly second = new Twice();
    override forward(value: Tensor): Tensor {
      return this.second.call(this.first.call(value));
    }
  }
  const model = new Whole();
  using hooked = new ActivationCaching("**").prepare(model);
  hooked.call(x).dispose();
  const between: Tensor = hooked.cache.get(["fwd", "first"]);
  assert.is(
    tidy(() => sum(hooked.during(() => model.second.call(between))).dataSync()[0]),
    5 * 5,
  );
  assert.ok(hooked.cache.has(["fwd", "second.hook_a"]));
  x.dispose();
});

test.run();
