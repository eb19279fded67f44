import { HookPoint, Module, type HookFunction } from "@hookdict/core";
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

test.run();
