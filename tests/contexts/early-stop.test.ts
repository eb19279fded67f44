import { countHooks, type MultiHookHandle, HookPoint, Module, MultiHookManager } from "@hookdict/core";
import { compose } from "@hookdict/contexts";
import { ActivationCaching } from "@hookdict/latent";
import { grad, mul, scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { failure } from "../support/failure.ts";
import { Repeat, Toy } from "../support/models.ts";
import { takeOne } from "../support/values.ts";

const test = suite("stopping early");

/** x → 2x → 4x → ... , noting how far a run came. */
class Steps extends Module {
  readonly points: readonly HookPoint[] = Array.from({ length: 5 }, () => new HookPoint());
  reached = 0;
  override forward(x: Tensor): Tensor {
    let value = x;
    for (const [i, point] of this.points.entries()) {
      this.reached = i;
      value = point.call(mul(value, 2));
    }
    return value;
  }
}
const early = (pattern: string): ActivationCaching => new ActivationCaching(pattern, { stopEarly: true });

test("a run ends at the last captured site, and says where", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using hooked = early("points.{0,2}").prepare(model);
    assert.equal(hooked.tryCall(x), { stopped: true, at: "points.2" });
    assert.is(model.reached, 2);
    assert.equal([...hooked.cache.get(["fwd", "points.2"]).dataSync()], [2 ** 3]);
    assert.equal(
      failure(() => hooked.call(x)),
      [
        "RUN_STOPPED",
        "The run was stopped at points.2 by ActivationCaching, so the model has no output. Call the hooked module through tryCall, or tryCallAsync, which says whether the run was stopped.",
      ],
    );
  }
  assert.is(takeOne(tidy(() => model.call(x))), 2 ** 5);
  x.dispose();
});

test("a whole module is waited for, and an input ends the run before its body", () => {
  const model = new Toy();
  const x = scalar(5);
  {
    using whole = early("{first,first.hook_in}").prepare(model);
    assert.equal(whole.tryCall(x), { stopped: true, at: "first" });
  }
  {
    using before = new ActivationCaching("second", { directions: ["fwd_pre"], stopEarly: true }).prepare(
      model,
    );
    assert.equal(before.tryCall(x), { stopped: true, at: "second" });
    assert.equal([...before.cache.get(["fwd_pre", "second"]).dataSync()], [28]);
  }
  x.dispose();
});

test("every context is waited for, whichever wants to stop", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using outer = early("points.0").prepare(model);
    using inner = new ActivationCaching("points.3").prepare(outer);
    assert.equal(inner.tryCall(x), { stopped: true, at: "points.3" });
    assert.equal(
      inner.disabled(() => inner.tryCall(x)),
      { stopped: true, at: "points.0" },
    );
    assert.is(takeOne(outer.disabled(() => outer.call(x))), 2 ** 5);
  }
  {
    using both = compose(early("points.0"), early("points.1")).prepare(model);
    assert.equal(both.tryCall(x), { stopped: true, at: "points.1" });
  }
  assert.is(countHooks(model), 0);
  x.dispose();
});

test("a site that does not run keeps nothing from ending as usual", () => {
  const model = new Repeat(0);
  const x = scalar(3);
  {
    using hooked = early("double").prepare(model);
    const result = hooked.tryCall(x);
    assert.not(result.stopped);
    if (!result.stopped) assert.is(takeOne(result.output), 3);
  }
  x.dispose();
});

test("while gradients are recorded a run goes on to its end", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using hooked = early("points.0").prepare(model);
    const slope = grad((value: Tensor) => hooked.call(value))(x);
    assert.is(takeOne(slope), 2 ** 5);
    const { value, gradInputs } = hooked.valueAndGradInputs(() => hooked.call(x), "points.3");
    assert.is(takeOne(value), 2 ** 5);
    assert.equal([...gradInputs.get("points.3").dataSync()], [2]);
    gradInputs.dispose();
  }
  x.dispose();
});

test("a run also ends when the last hook removes itself", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using hooked = early("points.0").prepare(model);
    const once: MultiHookHandle = hooked.context.hook("points.2", "fwd", {
      kind: "observe",
      run: () => once.dispose(),
    });
    assert.equal(hooked.tryCall(x), { stopped: true, at: "points.2" });
    assert.equal(hooked.tryCall(x), { stopped: true, at: "points.0" });
  }
  x.dispose();
});

test("a hook that waits for the next run does not end this one", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("points.0", { directions: ["bwd"], stopEarly: true }).prepare(model);
    using manager = new MultiHookManager(model);
    hooked.events.once("run:started", () => void manager.register("points.2", "fwd", () => undefined));
    assert.is(takeOne(hooked.call(x)), 2 ** 5);
    assert.equal(hooked.tryCall(x), { stopped: true, at: "points.2" });
  }
  x.dispose();
});

test("who asks for it during a run lets that run end", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using hooked = new ActivationCaching("points.0").prepare(model);
    hooked.context.hook("points.0", "fwd", { kind: "observe", run: () => hooked.context.stopEarly() });
    assert.is(takeOne(hooked.call(x)), 2 ** 5);
    assert.equal(hooked.tryCall(x), { stopped: true, at: "points.0" });
  }
  x.dispose();
});

test("a hook that calls the model lets that call end", () => {
  const model = new Steps();
  const x = scalar(1);
  {
    using hooked = early("points.1").prepare(model);
    let inner = 0;
    hooked.context.hook(
      "points.1",
      "fwd",
      (value: Tensor) => void (inner = takeOne(tidy(() => model.call(value)))),
    );
    assert.equal(hooked.tryCall(x), { stopped: true, at: "points.1" });
    assert.is(inner, 2 ** 2 * 2 ** 5);
  }
  x.dispose();
});

test.run();
