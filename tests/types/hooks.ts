import { compose, hooksAt, openSession, runWithCache, runWithHooks } from "@hookdict/contexts";
import { HookFactory, HookPoint, Module, MultiHookManager, type HookInfo } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import type { TensorDict } from "@hookdict/tensordict";
import { mul, scalar, type Tensor, type Tensor1D } from "@tensorflow/tfjs-core";
import { expectTypeOf } from "expect-type";

// Checked by the compiler, never run: every line that must not compile says so.

class Model extends Module {
  readonly hook_x: HookPoint = new HookPoint();
  override forward(x: Tensor1D): Tensor1D {
    return this.hook_x.call(x);
  }
}
declare const model: Model;
declare const x: Tensor1D;
const caching = new ActivationCaching("hook_x");

/** A hook that says nothing of its value is given a tensor. */
export function values(): void {
  const hooked = caching.prepare(model);
  hooked.context.hook("hook_x", "fwd", (value, info) => {
    expectTypeOf(value).toEqualTypeOf<Tensor>();
    expectTypeOf(info).toEqualTypeOf<HookInfo>();
    return mul(value, 2);
  });
  hooked.context.hook("hook_x", "fwd", {
    kind: "observe",
    run: (value) => void expectTypeOf(value).toEqualTypeOf<Tensor>(),
  });
  new MultiHookManager(model).register("hook_x", "bwd", (value) => mul(value, 2));
  const short = new ActivationCaching("hook_x", { callback: (value) => mul(value, 2) });
  const long: typeof short = new ActivationCaching("hook_x", {
    callback: (value, info) => {
      expectTypeOf(value).toEqualTypeOf<Tensor>();
      expectTypeOf(info).toEqualTypeOf<HookInfo>();
      return undefined;
    },
  });
  expectTypeOf(long).toEqualTypeOf(short);
  runWithHooks(model, [x], [["hook_x", (value) => mul(value, 2)]]);
  runWithHooks(model, [x], [["hook_x", "fwd_pre", (value) => mul(value, 2)]]);
  hooksAt(["hook_x", (value) => mul(value, 2)]);
  openSession(model).set("hook_x", (value) => mul(value, 2));
}

/** What a hook says that it is given, it may be. */
export function stated(): void {
  const hooked = caching.prepare(model);
  hooked.context.hook("hook_x", "fwd", (value: TensorDict) => value.get("a"));
  hooked.context.hook("hook_x", "fwd_pre", ([first]: readonly [Tensor, Tensor]) => first);
  // @ts-expect-error -- a tensor has no such property
  hooked.context.hook("hook_x", "fwd", (value) => value.keys());
  // @ts-expect-error -- no direction
  hooked.context.hook("hook_x", "forward", (value) => value);
  // @ts-expect-error -- no kind of hook
  hooked.context.hook("hook_x", "fwd", { kind: "look", run: (value) => value });
  HookFactory.replace(scalar(1), { order: "post" });
}

/** What a model takes and gives goes through. */
export function models(): void {
  const hooked = caching.prepare(model);
  expectTypeOf(hooked.call(x)).toEqualTypeOf<Tensor1D>();
  expectTypeOf(hooked.callAsync(x)).toEqualTypeOf<Promise<Tensor1D>>();
  expectTypeOf(hooked.model).toEqualTypeOf<Model>();
  expectTypeOf(hooked.cache).toEqualTypeOf<TensorDict>();
  expectTypeOf(runWithCache(model, [x]).output).toEqualTypeOf<Tensor1D>();
  expectTypeOf(hooked.during(() => 3)).toEqualTypeOf<number>();
  compose(caching, new ActivationCaching("hook_x")).prepare(model).call(x);
  // @ts-expect-error -- the model takes a tensor
  hooked.call("text");
}
