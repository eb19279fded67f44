import { HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { TensorDict } from "@hookdict/tensordict";
import { ActivationCaching } from "@hookdict/latent";
import { add, clone, mul, scalar, square, sum, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";

const test = suite("TensorDicts that pass sites");

class Triple extends Module {
  override forward(td: TensorDict): TensorDict {
    return td.map((tensor) => mul(tensor, 3));
  }
}

class Through extends Module {
  readonly site: Triple = new Triple();
  override forward(td: TensorDict): TensorDict {
    return this.site.call(td);
  }
}

/** Frees what its site gives, as code without hooks must. */
class Total extends Module {
  readonly site: Triple = new Triple();
  override forward(td: TensorDict): Tensor {
    using tripled = this.site.call(td);
    return add(sum(tripled.get("a")), sum(tripled.get("b")));
  }
}

const pair = (): TensorDict => new TensorDict({ a: scalar(2), b: scalar(5) });

test("one that the model makes and returns belongs to the caller", () => {
  using td = pair();
  using hooked = new ActivationCaching("site").prepare(new Through());
  using output = hooked.call(td);
  assert.is(output.get("b").dataSync()[0], 3 * 5);
  assert.is(hooked.cache.get(["fwd", "site", "b"]).dataSync()[0], 3 * 5);
});

test("one that passes through untouched comes back as another handle", () => {
  class Identity extends Module {
    readonly hook_td: HookPoint = new HookPoint();
    override forward(td: TensorDict): TensorDict {
      return this.hook_td.call(td);
    }
  }
  using td = pair();
  using hooked = new ActivationCaching("hook_td").prepare(new Identity());
  hooked.call(td).dispose();
  assert.is(td.get("a").dataSync()[0], 2);
});

test("those that hooks return, and those they replace, end with the run", () => {
  using td = pair();
  const model = new Total();
  using manager = new MultiHookManager(model);
  for (const direction of ["fwd_pre", "fwd"] as const) {
    manager.register("site", direction, (value: TensorDict) => value.map((tensor) => mul(tensor, 10)));
    manager.register("site", direction, (value: TensorDict) => value.map((tensor) => add(tensor, 1)));
  }
  const total = tidy(() => model.call(td));
  assert.is(total.dataSync()[0], (2 * 10 + 1) * 30 + 1 + (5 * 10 + 1) * 30 + 1);
  total.dispose();
});

test("one that was made outside stays with its owner", () => {
  using td = pair();
  using other = new TensorDict({ a: scalar(100), b: scalar(200) });
  const model = new Through();
  using manager = new MultiHookManager(model);
  manager.register("site", "fwd", () => other);
  using hooked = new ActivationCaching("site").prepare(model);
  hooked.call(td).dispose();
  hooked.call(td).dispose();
  assert.is(other.get("a").dataSync()[0], 100);
});

test("its gradients leave out integers, also when the model has freed it by then", () => {
  using td = new TensorDict({ x: scalar(2), ids: tensor1d([0, 1], "int32"), name: "pair" });
  class Model extends Module {
    readonly hook_td: HookPoint = new HookPoint();
    override forward(given: TensorDict): Tensor {
      using copy = given.map((tensor) => clone(tensor));
      using passed = this.hook_td.call(copy);
      return square(passed.get("x"));
    }
  }
  using hooked = new ActivationCaching("hook_td", { directions: ["bwd"] }).prepare(new Model());
  hooked.context.hook("hook_td", "bwd", (gradient: TensorDict) => gradient.map((tensor) => mul(tensor, 1)));
  hooked.backward(() => hooked.call(td));
  const gradient = hooked.cache.get<TensorDict>(["bwd", "hook_td"]);
  assert.equal(gradient.keys(), ["x"]);
  assert.is(gradient.get("x").dataSync()[0], 2 * 2);
});

test.run();
