import { HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { grad, mul, reshape, square, sum, tensor1d, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("conversions at a point");

let conversions = 0;

/** x [4] → x², whose point shows it as heads. */
class Heads extends Module {
  readonly hook_z: HookPoint = new HookPoint({
    axes: ["head", "dHead"],
    conversion: {
      to: (value) => {
        conversions++;
        return reshape(value, [2, 2]);
      },
      from: (converted, original) => reshape(converted, original.shape),
    },
  });
  override forward(x: Tensor): Tensor {
    return square(this.hook_z.call(x));
  }
}

test("hooks see, capture and replace the converted form; the model goes on with its own", () => {
  const model = new Heads();
  const x = tensor1d([1, 2, 3, 4]);
  using hooked = new ActivationCaching("hook_z").prepare(model);
  hooked.context.hook("hook_z", "fwd", (value: Tensor) => mul(value, [[1], [10]]));
  const y = hooked.call(x);
  assert.equal([y.shape, [...y.dataSync()]], [[4], [1, 4, 900, 1600]]);
  assert.equal(hooked.cache.get<Tensor>(["fwd", "hook_z"]).shape, [2, 2]);
  x.dispose();
  y.dispose();
});

test("gradients are converted as well, and a bare model converts nothing", () => {
  const model = new Heads();
  const x = tensor1d([1, 2, 3, 4]);
  conversions = 0;
  tidy(() => void model.call(x));
  assert.is(conversions, 0);
  using manager = new MultiHookManager(model);
  manager.register("hook_z", "bwd", (g: Tensor) => mul(g, [[1], [10]]));
  const gradient = tidy(() => grad((given: Tensor) => sum(model.call(given)))(x));
  assert.equal([...gradient.dataSync()], [2, 4, 60, 80]);
  x.dispose();
  gradient.dispose();
});

test.run();
