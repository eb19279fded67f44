import { HookPoint, Module } from "@hookdict/core";
import { ActivationCaching } from "@hookdict/latent";
import {
  add,
  customGrad,
  getGradient,
  grad,
  memory,
  mul,
  registerGradient,
  scalar,
  square,
  sum,
  type Tensor,
  tensor1d,
  unique,
  unregisterGradient,
} from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Point, Toy } from "../../support/models.ts";
import { Custom } from "../../support/custom.ts";

const test = suite("backward passes that fail");

const read = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;

test("a loss that is no scalar says what it is, and leaks nothing", () => {
  const x = tensor1d([1, 2]);
  {
    using hooked = new ActivationCaching("hook_x", { directions: ["bwd"] }).prepare(new Point());
    assert.equal(
      failure(() => hooked.backward(() => hooked.call(x))),
      [
        "LOSS_NOT_SCALAR",
        "The loss is float32 [2], not a float32 scalar. Return one number from the function, for example through mean or sum.",
      ],
    );
  }
  x.dispose();
});

test("a loss that depends on no tapped site is an error", () => {
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("hook_x", { directions: ["bwd"] }).prepare(new Point());
    const hint =
      "Compute the loss inside the function from what the model returns there, with differentiable operations.";
    assert.equal(
      failure(() => hooked.backward(() => square(x))),
      [
        "LOSS_INDEPENDENT",
        `The loss depends on no site with a backward hook: none of them ran inside the function. ${hint}`,
      ],
    );
    assert.equal(
      failure(() =>
        hooked.backward(() => {
          hooked.call(x);
          return square(x);
        }),
      ),
      [
        "LOSS_INDEPENDENT",
        `The loss depends on no site with a backward hook, although these ran: hook_x. ${hint}`,
      ],
    );
  }
  x.dispose();
});

test("backward hooks that never fired are listed with the reason", () => {
  class Branches extends Module {
    readonly used: HookPoint = new HookPoint();
    readonly unused: HookPoint = new HookPoint();
    readonly never: HookPoint = new HookPoint();
    readonly tokens: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      this.unused.call(x);
      this.tokens.call(tensor1d([1, 2], "int32"));
      return this.used.call(x);
    }
  }
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("*", { directions: ["bwd"] }).prepare(new Branches());
    assert.equal(
      failure(() => hooked.backward(() => hooked.call(x))),
      [
        "BACKWARD_UNFIRED",
        "3 backward hooks never fired: unused (bwd): the loss does not depend on it; never (bwd): the site did not run inside the function; tokens (bwd): its input is int32 [2], which has no gradient. " +
          'Narrow the pattern to sites that the loss depends on, or register with unfired: "ignore".',
      ],
    );
  }
  x.dispose();
});

test("backward without a backward hook is an error", () => {
  using hooked = new Custom(() => undefined).prepare(new Point());
  assert.equal(
    failure(() => hooked.backward(() => scalar(1))),
    [
      "BACKWARD_NO_HOOKS",
      "backward was called, but no backward hook is registered on the model. Prepare a context with the direction bwd or bwd_pre first.",
    ],
  );
});

test("an operation without a gradient is named, with the sites below it", () => {
  const x = tensor1d([1, 2]);
  {
    using hooked = new ActivationCaching("hook_x", { directions: ["bwd"] }).prepare(new Point());
    assert.equal(
      failure(() => hooked.backward(() => sum(unique(hooked.call(x)).values))),
      [
        "BACKWARD_FAILED",
        "TensorFlow.js could not differentiate the loss down to hook_x: Cannot compute gradient: gradient function not found for Unique. " +
          "Everything between the sites and the loss must have a registered gradient on this backend.",
      ],
    );
  }
  x.dispose();
});

test("a gradient of the user's own that throws no Error is told as it is", () => {
  const x = tensor1d([1, 2]);
  {
    using hooked = new ActivationCaching("hook_x", { directions: ["bwd"] }).prepare(new Point());
    const own = customGrad((y) => ({
      value: sum(y as Tensor),
      gradFunc: () => {
        throw "no gradient here"; // oxlint-disable-line typescript/only-throw-error -- plain JavaScript may
      },
    }));
    assert.is(
      failure(() => hooked.backward(() => own(hooked.call(x))))[1],
      "TensorFlow.js could not differentiate the loss down to hook_x: no gradient here " +
        "Everything between the sites and the loss must have a registered gradient on this backend.",
    );
  }
  x.dispose();
});

test("without any registered gradient, backward says what registers them", () => {
  const multiply = getGradient("Multiply");
  unregisterGradient("Multiply");
  try {
    using hooked = new Custom(() => undefined).prepare(new Point());
    assert.equal(
      failure(() => hooked.backward(() => scalar(1))),
      [
        "GRADIENTS_MISSING",
        "TensorFlow.js has no gradients registered: @tensorflow/tfjs-core alone does not bring them. " +
          'Call await loadBackend() from @hookdict/backends first, or import "@tensorflow/tfjs".',
      ],
    );
  } finally {
    registerGradient(multiply);
  }
});

test("a backward hook that throws leaks nothing and names its site", () => {
  const x = scalar(5);
  {
    using hooked = new Custom((context) => {
      context.hook("hook_mid", "bwd", () => {
        throw new Error("no");
      });
    }).prepare(new Toy());
    assert.equal(
      failure(() => hooked.backward(() => hooked.call(x))),
      [
        "HOOK_THREW",
        "The bwd hook of Custom at hook_mid threw Error: no. The cause is the original error; hooks and tensors were cleaned up.",
      ],
    );
  }
  x.dispose();
});

test("an exception of the loss function passes through and leaks nothing", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("**", { directions: ["bwd", "fwd"] }).prepare(new Toy());
    const error = new TypeError("mine");
    assert.is(
      thrown(() =>
        hooked.backward(() => {
          add(hooked.call(x), 1);
          throw error;
        }),
      ),
      error,
    );
  }
  x.dispose();
});

test("an exception in the user's own gradient leaves nothing behind, whoever threw it", async () => {
  class Powers extends Module {
    readonly hook_square: HookPoint = new HookPoint();
    readonly hook_out: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      const squared = this.hook_square.call(mul(x, x));
      return sum(this.hook_out.call(mul(squared, x)));
    }
  }
  const x = scalar(3);
  const model = new Powers();
  const fails = (direction: "fwd" | "bwd_pre"): number => {
    using hooked = new ActivationCaching("hook_square").prepare(model);
    hooked.context.hook("hook_out", direction, () => {
      throw new Error("no");
    });
    const before = memory().numTensors;
    assert.is(thrown(() => grad((value) => hooked.call(value))(x)).name, "HookError");
    return before;
  };
  for (const direction of ["fwd", "bwd_pre"] as const) {
    const before = fails(direction);
    await Promise.resolve();
    assert.is(memory().numTensors, before, direction);
  }
  x.dispose();
});

test("an exception that is caught inside a gradient leaves the gradient as it is", async () => {
  const x = scalar(3);
  using hooked = new ActivationCaching("hook_x").prepare(new Toy());
  hooked.context.hook("hook_x", "fwd", () => {
    throw new Error("no");
  });
  const slope = grad((value) => {
    const squared = mul(value, value);
    thrown(() => hooked.call(value));
    return mul(squared, value);
  })(x);
  assert.is(read(slope), 3 * 3 ** 2);
  slope.dispose();
  await Promise.resolve();
  assert.is(x.isDisposed, false);
  x.dispose();
});

test.run();
