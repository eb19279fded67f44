import { HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { add, mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

class Chain extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  readonly hook_y: HookPoint = new HookPoint();
  override forward(x: Tensor): Tensor {
    return this.hook_y.call(mul(this.hook_x.call(x), 2));
  }
}

const test = suite("forward hooks");
const value = (fn: () => Tensor): number => {
  const result = tidy(fn);
  const [first = Number.NaN] = result.dataSync();
  result.dispose();
  return first;
};

test("a hook replaces an output", () => {
  const model = new Chain();
  using manager = new MultiHookManager(model);
  manager.register("hook_x", "fwd", (x: Tensor) => add(x, 1));
  assert.is(
    value(() => model.call(scalar(3))),
    (3 + 1) * 2,
  );
});

test.run();
