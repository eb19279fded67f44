import { Binding, countHooks, HookPoint, Module, MultiHookManager, resolveTarget } from "@hookdict/core";
import { scalar, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { failure } from "../../support/failure.ts";
import { Toy } from "../../support/models.ts";

const test = suite("hooks that come and go");

const ENDED = [
  "CONTEXT_DISPOSED",
  "hook was called on mine, which is disposed. Prepare the model again, and use the hooked module inside its using block.",
] as const;

test("an owner that a listener ends while it registers leaves no hook", () => {
  const model = new Toy();
  for (const at of [1, 2, 5]) {
    const binding = new Binding(resolveTarget(model), "mine");
    let count = 0;
    binding.events.on("hook:registered", () => {
      if (++count === at) binding.dispose();
    });
    assert.equal(
      failure(() => binding.hook("hook_*", "fwd", () => undefined)),
      ENDED,
    );
    binding.dispose();
    assert.is(countHooks(model), 0);
    assert.is(model.hookSlot, null);
  }
});

test("an owner that a predicate, or its parent's end, ends while it registers leaves no hook", () => {
  const model = new Toy();
  const parent = new Binding(resolveTarget(model), "parent");
  const binding = new Binding(resolveTarget(model), "mine", { parent });
  const ends = (): boolean => {
    parent.dispose();
    return true;
  };
  assert.equal(
    failure(() => binding.hook(ends, "fwd", () => undefined)),
    ENDED,
  );
  assert.is(countHooks(model), 0);
});

for (const event of ["hook:registered", "hook:removed"] as const) {
  test(`an owner or handle that ends at ${event} while it moves leaves no hook`, () => {
    for (const ended of ["owner", "handle"] as const) {
      const model = new Toy();
      const binding = new Binding(resolveTarget(model), "mine");
      const handle = binding.hook("{hook_x,hook_mid}", "fwd", () => undefined);
      binding.events.once(event, () => (ended === "owner" ? binding : handle).dispose());
      const move = (): void => handle.replacePattern("{hook_mid,hook_first,hook_out}");
      if (ended === "owner") assert.is(failure(move)[0], "CONTEXT_DISPOSED");
      else move();
      assert.is(countHooks(model), 0);
      binding.dispose();
      assert.is(model.hookSlot, null);
    }
  });
}

/** A point whose hooks on the inputs and on the output change the chains of a run that is under way. */
function changed(change: (binding: Binding, fired: string[]) => void): readonly string[] {
  const model = new Toy();
  const fired: string[] = [];
  const note =
    (name: string): (() => void) =>
    () =>
      void fired.push(name);
  using keeper = new Binding(resolveTarget(model), "keeper");
  const other = new Binding(resolveTarget(model), "other");
  const early = keeper.hook("hook_mid", "fwd_pre", note("early"));
  keeper.hook("hook_mid", "fwd_pre", () => early.dispose()); // the chains are copied for this
  other.hook("hook_mid", "fwd", note("other"));
  keeper.hook("hook_mid", "fwd", () => change(other, fired));
  for (const name of ["second", "third"]) keeper.hook("hook_mid", "fwd", note(name));
  tidy(() => void model.call(scalar(1)));
  other.dispose();
  return fired;
}

test("hooks that come or go in the middle of a run's chain make it skip none and run none twice", () => {
  assert.equal(
    changed((other) => other.dispose()),
    ["early", "other", "second", "third"],
  );
  assert.equal(
    changed(
      (other, fired) =>
        void other.hook("hook_mid", "fwd", { run: () => void fired.push("new"), order: "pre" }),
    ),
    ["early", "other", "second", "third"],
  );
});

test("thousands of hooks at one point fire in order, and go one by one", () => {
  class One extends Module {
    readonly hook_a: HookPoint = new HookPoint();
    override forward(x: Tensor): Tensor {
      return this.hook_a.call(x);
    }
  }
  const model = new One();
  const manager = new MultiHookManager(model);
  const seen: number[] = [];
  const count = 20_000;
  const handles = Array.from({ length: count }, (_, i) =>
    manager.register("hook_a", "fwd", {
      kind: "observe",
      order: i % 2 === 0 ? "post" : "normal",
      run: () => void seen.push(i),
    }),
  );
  const x = scalar(1);
  tidy(() => model.call(x));
  assert.is(seen.length, count);
  assert.equal([seen[0], seen[1], seen[count / 2], seen.at(-1)], [1, 3, 0, count - 2]);
  for (const handle of handles) handle.dispose();
  assert.is(model.hook_a.hookSlot, null);
  x.dispose();
});

test("a run goes through the hooks it began with, whatever comes and goes meanwhile", () => {
  const model = new Toy();
  const manager = new MultiHookManager(model);
  const seen: string[] = [];
  const second = manager.register("hook_x", "fwd", { order: "post", run: () => void seen.push("second") });
  manager.register("hook_x", "fwd", () => {
    seen.push("first");
    manager.register("hook_x", "fwd", () => void seen.push("late"));
    second.dispose();
  });
  manager.register("hook_x", "fwd", { order: "post", run: () => void seen.push("third") });
  const x = scalar(1);
  tidy(() => model.call(x)).dispose();
  assert.equal(seen, ["first", "third"]);
  tidy(() => model.call(x)).dispose();
  assert.equal(seen.slice(2), ["first", "late", "third"]);
  manager.dispose();
  x.dispose();
});

test.run();
