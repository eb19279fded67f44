import { countHooks, HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";

const test = suite("modules that are not synchronous");

abstract class Base extends Module {
  readonly hook_a: HookPoint = new HookPoint();
}
class Async extends Base {
  override async forward(x: Tensor): Promise<Tensor> {
    return this.hook_a.call(x);
  }
}
class Generating extends Base {
  override *forward(x: Tensor): Generator<Tensor> {
    yield this.hook_a.call(x);
  }
}
class AsyncGenerating extends Base {
  override async *forward(x: Tensor): AsyncGenerator<Tensor> {
    yield this.hook_a.call(x);
  }
}
/** As a compiler for older engines writes it. */
class Compiled extends Base {
  override forward(x: Tensor): Promise<number> {
    return Promise.reject(new Error(`never seen: ${this.hook_a.call(x).rank}`));
  }
}
class Around extends Module {
  readonly inner: Base;
  constructor(inner: Base) {
    super();
    this.inner = inner;
  }
  override forward(x: Tensor): Tensor {
    const y = (this.inner as { call(x: Tensor): unknown }).call(x);
    return y === undefined ? x : mul(x, 2);
  }
}

const HINT =
  "Write forward as an ordinary function: await what it needs before the call, or open a run with duringAsync and call the parts that compute there.";
const refusal = (name: string, kind: string): readonly string[] => [
  "MODULE_ASYNC",
  `The forward of ${name} is ${kind}, so hooks cannot run inside it. ${HINT}`,
];

test("async functions and generators are refused when they are prepared", () => {
  for (const [model, kind] of [
    [new Async(), "an async function"],
    [new Generating(), "a generator"],
    [new AsyncGenerating(), "an async generator"],
  ] as const) {
    const expected = refusal(model.constructor.name, kind);
    assert.equal(
      failure(() => new ActivationCaching("hook_a").prepare(model as Async)),
      expected,
    );
    assert.equal(
      failure(() => new MultiHookManager(new Around(model)).register("inner", "fwd", () => undefined)),
      expected,
    );
    assert.equal([model.hookSlot, countHooks(model)], [null, 0]);
  }
});

test("a promise that an ordinary function returns is refused when it runs", () => {
  const x = scalar(1);
  const expected = refusal("Compiled", "an async function");
  using hooked = new ActivationCaching("hook_a").prepare(new Compiled());
  assert.equal(
    failure(() => hooked.call(x)),
    expected,
  );
  using around = new ActivationCaching("inner").prepare(new Around(new Compiled()));
  assert.equal(
    failure(() => around.call(x)),
    expected,
  );
  x.dispose();
});

test.run();
