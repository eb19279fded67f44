import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { keep, mul, scalar, square, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("who owns the loss");

class Squared extends Module {
  readonly hook_a: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return square(this.hook_a.call(x));
  }
}

test("a loss that the user keeps stays the user's", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("hook_a", { directions: ["bwd"] }).prepare(new Squared());
  let loss: Tensor | undefined;
  hooked.backward(() => (loss = keep(hooked.call(x))));
  assert.is(loss?.dataSync()[0], 9);
  assert.is(hooked.cache.get(["bwd", "hook_a"]).dataSync()[0], 6);
  loss?.dispose();
  x.dispose();
});

test("a loss that is a capture stays in the cache", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("hook_a", { directions: ["fwd", "bwd_pre"] }).prepare(new Squared());
  hooked.backward(() => {
    hooked.call(x);
    return hooked.cache.get<Tensor>(["fwd", "hook_a"]);
  });
  assert.is(hooked.cache.get(["fwd", "hook_a"]).dataSync()[0], 3);
  assert.is(hooked.cache.get(["bwd_pre", "hook_a"]).dataSync()[0], 1);
  x.dispose();
});

test("what valueAndGradInputs gives is the receiver's, also when the loss is kept", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("hook_a", { directions: ["fwd"] }).prepare(new Squared());
  let loss: Tensor | undefined;
  const { value, gradInputs } = hooked.valueAndGradInputs(() => (loss = keep(hooked.call(x))));
  loss?.dispose();
  assert.equal([value.dataSync()[0], gradInputs.get<Tensor>("hook_a").dataSync()[0]], [9, 6]);
  for (const owned of [x, value, gradInputs]) owned.dispose();
});

test("a disposed loss is refused with the cause", () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("hook_a", { directions: ["bwd"] }).prepare(new Squared());
  const found = failure(() =>
    hooked.backward(() => {
      const loss = mul(hooked.call(x), 1);
      loss.dispose();
      return loss;
    }),
  );
  assert.equal(found, [
    "LOSS_DISPOSED",
    "The loss is a disposed tensor. Return it before it is disposed: what is made in the function is freed with the pass.",
  ]);
  x.dispose();
});

test.run();
