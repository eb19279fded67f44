import { countHooks, HookPoint, Module } from "@hookdict/core";
import { type HookdictError } from "@hookdict/tensordict";
import { openSession } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { add, mul, type Scalar, scalar, sub, sum, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs-core";
import { assert, suite, thrown } from "../gate/suite.ts";
import { Embedder, Repeat, Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";

const test = suite("sessions");
const read = (tensor: Tensor): number => tensor.dataSync()[0] ?? Number.NaN;
const told = (error: Error): readonly [string, string] => [(error as HookdictError).code, error.message];

/** Runs `fn` with a session on the toy model and x = 5, and checks that nothing stays. */
function onToy(fn: (session: ReturnType<typeof openToy>, x: Scalar, model: Toy) => void): void {
  const model = new Toy();
  const x = scalar(5);
  {
    using session = openToy(model);
    fn(session, x, model);
  }
  assert.is(countHooks(model), 0);
  x.dispose();
}
const openToy = (model: Toy) => openSession<[Tensor], Tensor, Toy>(model);
const out = (first: number): number => (first + 3) ** 2 - 4;

test("get tells what passed a site in the latest call", () => {
  onToy((session, x) => {
    const first = session.get("hook_first");
    session.call(x).dispose();
    assert.is(read(first.value), 5 ** 2);
    const y = scalar(6);
    session.call(y).dispose();
    assert.is(read(first.value), 6 ** 2);
    y.dispose();
  });
});

test("set takes a tensor, a number, a function", () => {
  onToy((session, x) => {
    const seven = scalar(7);
    const values = [seven, 7, (value: Tensor) => mul(value, 2)] as const;
    for (const [i, expected] of [7, 7, 2 * 5 ** 2].entries()) {
      using _set = session.set("hook_first", values[i] ?? 0);
      assert.is(takeOne(session.call(x)), out(expected));
    }
    assert.is(takeOne(session.call(x)), out(5 ** 2));
    seven.dispose();
  });
});

test("what get sees early in a call can be set later in it", () => {
  onToy((session, x) => {
    session.set("hook_mid", session.get("hook_x"));
    assert.is(takeOne(session.call(x)), 5 ** 2 - 4);
  });
});

test("a proxy of several sites gives each its own, or one that is chosen", () => {
  onToy((session, x) => {
    const several = session.get("hook_{x,first}");
    session.set("hook_mid", several.at("hook_x"));
    assert.is(takeOne(session.call(x)), 5 ** 2 - 4);
    assert.equal(several.all.keys(), ["hook_x", "hook_first"]);
    assert.equal(told(thrown(() => several.value)), [
      "PROXY_SEVERAL",
      "One value was asked of a proxy for 2 sites: hook_x, hook_first. Choose one with at(path), or read them all with all.",
    ]);
    assert.equal(told(thrown(() => several.at("hook_mi"))), [
      "PROXY_SITE",
      'The proxy has no site "hook_mi". Its nearest are hook_x, hook_first.',
    ]);
  });
});

test("a proxy of many sites names eight of them", () => {
  onToy((session) => {
    assert.is(
      thrown(() => session.get("**").value).message,
      "One value was asked of a proxy for 9 sites: hook_x, first, first.hook_in, hook_first, hook_mid, second, second.hook_in, hook_second and 1 more. Choose one with at(path), or read them all with all.",
    );
  });
});

test("setting what has not run yet says so with both sites, and the session goes on", () => {
  onToy((session, x) => {
    const late = session.set("hook_first", session.get("hook_mid"));
    assert.equal(told(thrown(() => session.call(x))), [
      "PROXY_ORDER",
      "A hook at hook_first takes the value of hook_mid, which has not run yet in this call. " +
        "Take it from a site that runs before hook_first, or from an earlier call: set(pattern, tensor).",
    ]);
    late.dispose();
    assert.is(takeOne(session.call(x)), out(5 ** 2));
  });
});

test("reading before the call says so", () => {
  onToy((session) => {
    const first = session.get("hook_first");
    assert.is(first.isFilled, false);
    assert.equal(told(thrown(() => first.value)), [
      "PROXY_EMPTY",
      "The value at hook_first was read, but the site has not run in the present or latest call. " +
        "Call the model first; a site that runs only at times can be asked with isFilled.",
    ]);
  });
});

test("inputs are seen and set", () => {
  onToy((session, x) => {
    const seen = session.getInput("second");
    session.setInput("second", 10);
    assert.is(takeOne(session.call(x)), 10 ** 2 - 4);
    assert.is(read(seen.value), 5 ** 2 + 3);
  });
});

test("gradients are seen and set", () => {
  onToy((session, x) => {
    const [first, second] = [session.getGradOutput("hook_x"), session.getGradOutput("hook_second")];
    session.backward(() => session.call(x));
    assert.is(read(second.value), 1);
    assert.is(read(first.value), 2 * 5 * 2 * (5 ** 2 + 3));
    session.setGradOutput("hook_mid", 3);
    session.backward(() => session.call(x));
    assert.is(read(first.value), 2 * 5 * 3);
  });
});

test("tuples and records are set from a proxy as they were seen", () => {
  class Parts extends Module {
    readonly tuple: HookPoint = new HookPoint();
    readonly record: HookPoint = new HookPoint();
    override forward(x: Tensor, y: Tensor): Tensor {
      const [a, b] = this.tuple.call([x, y]);
      const { p, q } = this.record.call({ p: a, q: b });
      return sub(p, q);
    }
  }
  class Both extends Module {
    readonly first: Parts = new Parts();
    readonly second: Parts = new Parts();
    override forward(x: Tensor): Tensor {
      return add(this.first.call(x, mul(x, 3)), this.second.call(mul(x, 10), x));
    }
  }
  const x = scalar(2);
  {
    using session = openSession<[Tensor], Tensor, Both>(new Both());
    const bare = 2 - 2 * 3 + (2 * 10 - 2);
    assert.is(takeOne(session.call(x)), bare);
    for (const part of ["tuple", "record"]) {
      using _set = session.set(`second.${part}`, session.get(`first.${part}`));
      assert.is(takeOne(session.call(x)), 2 * (2 - 2 * 3));
    }
    assert.is(takeOne(session.call(x)), bare);
    session.setInput("second", session.getInput("first"));
    assert.is(takeOne(session.call(x)), 2 * (2 - 2 * 3));
    session.set("second.tuple", session.get("second.record"));
    assert.is((thrown(() => session.call(x)) as HookdictError).code, "PROXY_ORDER");
  }
  x.dispose();
});

test("gradients flow through a value that is set from a proxy", () => {
  onToy((session, x) => {
    session.set("hook_mid", session.get("hook_x"));
    const gradient = session.getGradOutput("hook_x");
    session.backward(() => session.call(x));
    assert.is(read(gradient.value), 2 * 5);
  });
});

test("a loss may be computed from what was captured", () => {
  const model = new Embedder();
  const tokens = tensor2d([[0, 2]], [1, 2], "int32");
  {
    using hooked = new ActivationCaching("hook_embed", { directions: ["fwd", "bwd"] }).prepare(model);
    hooked.backward(() =>
      tidy(() => {
        hooked.call(tokens);
        return sum(mul(hooked.cache.get(["fwd", "hook_embed"]), 5));
      }),
    );
    assert.equal([...hooked.cache.get(["bwd", "hook_embed"]).dataSync()], [5, 5, 5, 5]);
  }
  model[Symbol.dispose]();
  tokens.dispose();
});

test("stop ends the run, and what was seen until then stays", () => {
  onToy((session, x) => {
    const first = session.get("hook_first");
    session.stop("hook_mid");
    const later = session.get("hook_out");
    assert.equal(session.tryCall(x), { stopped: true, at: "hook_mid" });
    assert.is(read(first.value), 5 ** 2);
    assert.is(later.isFilled, false);
  });
});

test("save captures for after the session", () => {
  const x = scalar(5);
  const session = openToy(new Toy());
  session.save("hook_first");
  session.call(x).dispose();
  using saved = session.takeCache();
  session.dispose();
  assert.is(read(saved.get(["fwd", "hook_first"])), 5 ** 2);
  x.dispose();
});

test("a site that runs several times gives its latest value, and all of them", () => {
  const x = scalar(1);
  {
    using session = openSession<[Tensor], Tensor, Repeat>(new Repeat(3));
    const double = session.get("double");
    session.call(x).dispose();
    assert.is(read(double.value), 2 ** 3);
    assert.equal(double.all.keys(), ["double", "double#1", "double#2"]);
  }
  x.dispose();
});

test("what a proxy has seen stays through a run that the session sleeps through", () => {
  onToy((session, x) => {
    const first = session.get("hook_first");
    session.call(x).dispose();
    session.disabled(() => session.call(x).dispose());
    assert.is(read(first.value), 5 ** 2);
  });
});

test("what cannot be put anywhere is refused at once", () => {
  onToy((session, _x, model) => {
    for (const [value, shown] of [
      [null, "null"],
      [undefined, "undefined"],
      ["a", "string"],
      [[1, 2], "tuple (number, number)"],
    ]) {
      const error = thrown(() => session.set("hook_first", value as never)) as HookdictError;
      assert.is(error.code, "SET_INVALID");
      assert.is(
        error.message,
        `A session was told to set a value to this: ${String(shown)}. Give a tensor, a number, a function of the present value, or what get(...) has returned.`,
      );
    }
    assert.is(countHooks(model), 0);
  });
});

test("disposing a proxy removes its hooks and frees what it saw", () => {
  onToy((session, x, model) => {
    const first = session.get("hook_first");
    session.call(x).dispose();
    first.dispose();
    assert.is(countHooks(model), 0);
    assert.is(first.all.size, 0);
  });
});

test("a session on a hooked module sits on top of it", () => {
  const x = scalar(5);
  {
    using hooked = new ActivationCaching("hook_first").prepare(new Toy());
    using session = openSession(hooked);
    session.set("hook_first", 1);
    assert.is(takeOne(session.call(x)), out(1));
    assert.is(read(hooked.cache.get(["fwd", "hook_first"])), 5 ** 2);
  }
  x.dispose();
});

test("hooks that were removed leave nothing behind: a session may get and dispose as often as it likes", () => {
  const x = scalar(5);
  const model = new Toy();
  {
    using session = openSession(model);
    const { binding } = session.context;
    let steps = 0;
    const counted =
      (register: (step: () => void) => () => void) =>
      (step: () => void): (() => void) => {
        const undo = register(step);
        steps++;
        return () => {
          steps--;
          undo();
        };
      };
    binding.defer = counted(binding.defer.bind(binding));
    binding.onRunStart = counted(binding.onRunStart.bind(binding));
    for (let i = 0; i < 100; i++) session.get("hook_first").dispose();
    assert.is(steps, 0);
    const last = session.get("hook_first");
    session.call(x).dispose();
    assert.is(last.value.dataSync()[0], 25);
    assert.is(countHooks(model), 1);
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

test.run();
