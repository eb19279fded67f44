import { hookFunction, HookPoint, Module, site, type Hookable, type HookFunction } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { memory, mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";

const test = suite("TensorDicts that a run gives up");

class Dicts extends Module {
  override forward(x: Tensor): TensorDict {
    return new TensorDict({ a: mul(x, 2), deep: new TensorDict({ b: mul(x, 3) }) });
  }
}
class Around extends Module {
  readonly dicts: Dicts = new Dicts();
  readonly hook_a: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_a.call(this.dicts.call(x).get<Tensor>("a"));
  }
}

const endings: readonly (readonly [string, "stop" | "replace", HookFunction])[] = [
  ["a stop", "stop", () => undefined],
  [
    "a hook that throws",
    "replace",
    () => {
      throw new Error("mine");
    },
  ],
  ["a hook whose value does not fit", "replace", () => 3],
];

const doubled = (dict: TensorDict): TensorDict => dict.mul(2);

for (const [name, kind, run] of endings) {
  test(`${name} at a site whose output is a TensorDict leaves none of its tensors`, () => {
    const x = scalar(3);
    using hooked = new ActivationCaching("hook_a").prepare(new Around());
    hooked.context.hook("dicts", "fwd", { kind, run });
    const before = memory().numTensors;
    for (let i = 0; i < 3; i++) thrown(() => hooked.call(x));
    assert.is(memory().numTensors, before);
    x.dispose();
  });
}

class Inline extends Module {
  readonly hook_dict: HookPoint = new HookPoint();
  readonly hook_end: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_end.call(this.hook_dict.call(new TensorDict({ a: mul(x, 2) })).get<Tensor>("a"));
  }
}
const inline = hookFunction(
  (x: Tensor) => site("hook_end", site("hook_dict", new TensorDict({ a: mul(x, 2) })).get<Tensor>("a")),
  { sites: { hook_dict: null, hook_end: null } },
);

for (const [kindOfModel, model] of [
  ["module", new Inline()],
  ["function", inline],
] as readonly (readonly [string, Hookable<readonly [Tensor], Tensor>])[])
  for (const direction of ["fwd_pre", "fwd"] as const)
    for (const [name, kind, run] of [...endings, ["a replacement", "replace", doubled] as const]) {
      test(`${name} in ${direction} of a point of a ${kindOfModel} that is given a new TensorDict leaves none of its tensors`, () => {
        const x = scalar(3);
        using hooked = new ActivationCaching("hook_end").prepare(model);
        hooked.context.hook("hook_dict", direction, { kind, run });
        const before = memory().numTensors;
        for (let i = 0; i < 3; i++) {
          if (name === "a replacement") hooked.call(x).dispose();
          else thrown(() => hooked.call(x));
        }
        assert.is(memory().numTensors, before + (name === "a replacement" ? 1 : 0));
        x.dispose();
      });
    }

test("stopEarly at a site whose output is a TensorDict leaves none of its tensors", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("dicts", { stopEarly: true }).prepare(new Around());
  const before = memory().numTensors;
  for (let i = 0; i < 3; i++) assert.equal(hooked.tryCall(x), { stopped: true, at: "dicts" });
  assert.is(memory().numTensors, before + 2);
  x.dispose();
});

test("a hooked site's TensorDict that does not leave the model ends with the run", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("dicts").prepare(new Around());
  hooked.call(x).dispose();
  const before = memory().numTensors;
  for (let i = 0; i < 3; i++) hooked.call(x).dispose();
  assert.is(memory().numTensors, before);
  assert.is(hooked.cache.get<Tensor>(["fwd", "dicts", "a"]).dataSync()[0], 6);
  x.dispose();
});

test("a TensorDict that the model returns is the caller's, whatever sites it passed", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("**").prepare(
    new (class extends Module {
      readonly dicts: Dicts = new Dicts();
      readonly hook_a: HookPoint = new HookPoint();
      override forward(y: Tensor): TensorDict {
        return this.hook_a.call(this.dicts.call(y));
      }
    })(),
  );
  using output = hooked.call(x);
  assert.is(output.get<Tensor>(["deep", "b"]).dataSync()[0], 9);
  x.dispose();
});

class Pairs extends Module {
  readonly dicts: Dicts = new Dicts();
  override forward(x: Tensor): [TensorDict, Tensor] {
    return [this.dicts.call(x), mul(x, 2)];
  }
}
class AroundPairs extends Module {
  readonly pairs: Pairs = new Pairs();
  readonly hook_a: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_a.call(this.pairs.call(x)[1]);
  }
}
const inner = hookFunction((x: Tensor) => new TensorDict({ a: mul(x, 2) }), { name: "inner" });
const outer = hookFunction(
  (x: Tensor) => site("hook_a", site("dict", inner.call(x)).get<Tensor, undefined>("a", undefined)),
  { sites: { hook_a: null, dict: null, inner } },
);
const models: readonly (readonly [string, Hookable<readonly [Tensor]>])[] = [
  ["a module", new Around()],
  ["a module that gives several values", new AroundPairs()],
  ["a function model", outer],
];

for (const [name, model] of models) {
  test(`a TensorDict that a part without hooks gives ends with the run, in ${name}`, () => {
    const x = scalar(3);
    const before = memory().numTensors;
    {
      using hooked = new ActivationCaching("hook_a", { directions: ["fwd", "bwd"] }).prepare(model);
      (hooked.call(x) as Tensor).dispose();
      hooked.context.hook("hook_a", "fwd", { kind: "stop", run: () => undefined });
      assert.is(hooked.tryCall(x).stopped, true);
    }
    {
      using hooked = new ActivationCaching("hook_a", { directions: ["bwd"] }).prepare(model);
      hooked.backward(() => hooked.call(x) as Tensor);
    }
    assert.is(memory().numTensors, before);
    x.dispose();
  });
}

test("a TensorDict that was there before the run stays", () => {
  const x = scalar(3);
  using kept = new TensorDict({ a: scalar(5) });
  class Passing extends Module {
    readonly hook_a: HookPoint = new HookPoint();
    override forward(): TensorDict {
      return kept;
    }
  }
  class Reading extends Module {
    readonly passing: Passing = new Passing();
    readonly hook_a: HookPoint = new HookPoint();
    override forward(given: Tensor): Tensor {
      return this.hook_a.call(mul(given, this.passing.call().get<Tensor>("a")));
    }
  }
  using hooked = new ActivationCaching("hook_a").prepare(new Reading());
  const output = hooked.call(x);
  assert.equal([output.dataSync()[0], kept.get<Tensor>("a").dataSync()[0]], [15, 5]);
  for (const tensor of [x, output]) tensor.dispose();
});

test.run();
