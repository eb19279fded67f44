import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import { leakFree } from "@hookdict/core/testing";
import { TensorDict } from "@hookdict/tensordict";
import { keep, mul, scalar, square, stack, sum, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
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

/** The sum of squares alone, or as a part of something. */
class Parts<O> extends Module {
  readonly hook_a: HookPoint = new HookPoint();
  readonly #wrap: (loss: Tensor) => O;
  constructor(wrap: (loss: Tensor) => O) {
    super();
    this.#wrap = wrap;
  }
  override forward(x: Tensor): O {
    return this.#wrap(sum(square(this.hook_a.call(x))));
  }
}

/** Ways in which a loss lies in an output: how it is put there, and how it is found. */
const OUTPUTS: readonly {
  readonly name: string;
  readonly wrap: (loss: Tensor) => unknown;
  readonly part: (output: never) => Tensor;
}[] = [
  { name: "the output", wrap: (loss) => loss, part: (output: Tensor) => output },
  {
    name: "a member of a tuple",
    wrap: (loss) => [mul(loss, 2), loss],
    part: ([, loss]: readonly [Tensor, Tensor]) => loss,
  },
  {
    name: "a member twice",
    wrap: (loss) => [loss, loss],
    part: ([loss]: readonly [Tensor, Tensor]) => loss,
  },
  {
    name: "a part of a record",
    wrap: (loss) => ({ loss, more: { twice: mul(loss, 2) } }),
    part: ({ loss }: { readonly loss: Tensor }) => loss,
  },
  {
    name: "a leaf of a TensorDict",
    wrap: (loss) => new TensorDict({ loss }),
    part: (output: TensorDict) => output.get<Tensor>("loss"),
  },
];

for (const { name, wrap, part } of OUTPUTS) {
  for (const isInside of [false, true]) {
    test(`${name} as the loss, ${isInside ? "inside a scope" : "alone"}: gradients are right and nothing stays`, () => {
      leakFree(() => {
        const x = tensor1d([1, 2]);
        const model = new Parts(wrap);
        using hooked = new ActivationCaching("hook_a", { directions: ["bwd"] }).prepare(model);
        const given: unknown[] = []; // a TensorDict that `call` returns is its caller's
        const loss = (): Tensor => {
          const output = hooked.call(x);
          given.push(output);
          return part(output as never);
        };
        const run = (): void => hooked.backward(loss);
        if (isInside) tidy(run);
        else run();
        assert.equal([...hooked.cache.get<Tensor>(["bwd", "hook_a"]).dataSync()], [2, 4]);
        const { value, gradInputs } = hooked.valueAndGradInputs(loss);
        assert.is(value.dataSync()[0], 5);
        assert.equal([...gradInputs.get<Tensor>("hook_a").dataSync()], [2, 4]);
        for (const owned of [x, value, gradInputs]) owned.dispose();
        for (const output of given) if (output instanceof TensorDict) output.dispose();
      });
    });
  }
}

test("a part of an output that is no scalar is refused, and nothing stays", () => {
  leakFree(() => {
    const x = tensor1d([1, 2]);
    using hooked = new ActivationCaching("hook_a", { directions: ["bwd"] }).prepare(
      new Parts((loss) => [loss, stack([loss, loss])] as const),
    );
    assert.is(failure(() => hooked.backward(() => hooked.call(x)[1]))[0], "LOSS_NOT_SCALAR");
    x.dispose();
  });
});

test.run();
