import { hookGraph } from "@hookdict/core/graph";
import { ActivationCaching } from "@hookdict/latent";
import { scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { asyncFailure } from "../../support/failure.ts";
import { Toy } from "../../support/models.ts";
import { take } from "../../support/values.ts";
import { branches, loop } from "./models.ts";

const test = suite("stopping early while a graph waits");
const early = (pattern: string): ActivationCaching => new ActivationCaching(pattern, { stopEarly: true });

test("a run ends before the branch that nobody looks at", async () => {
  const model = branches();
  const x = scalar(3);
  {
    using hooked = early("isPositive").prepare(hookGraph(model));
    assert.equal(await hooked.tryCallAsync(x), { stopped: true, at: "isPositive" });
    assert.equal([...hooked.cache.get(["fwd", "isPositive"]).dataSync()], [1]);
    assert.equal(await asyncFailure(hooked.callAsync(x)), [
      "RUN_STOPPED",
      "The run was stopped at isPositive by ActivationCaching, so the model has no output. Call the hooked module through tryCall, or tryCallAsync, which says whether the run was stopped.",
    ]);
  }
  assert.equal(take((await model.executeAsync({ x })) as Tensor), [3 * 2 + 1]);
  x.dispose();
  model.dispose();
});

test("a run ends inside the branch that is taken, and goes on to its end for the one that is not", async () => {
  const model = branches();
  using hooked = early("{isPositive,doubled.twice}").prepare(hookGraph(model));
  const [taken, other] = [scalar(3), scalar(-3)];
  assert.equal(await hooked.tryCallAsync(taken), { stopped: true, at: "doubled.twice" });
  assert.equal([...hooked.cache.get(["fwd", "doubled.twice"]).dataSync()], [3 * 2]);
  const whole = await hooked.tryCallAsync(other);
  assert.is(whole.stopped, false);
  if (!whole.stopped) assert.equal(take(whole.output), [-3 - 1 + 1]);
  assert.equal(hooked.unfired, ["doubled.twice"]);
  taken.dispose();
  other.dispose();
  model.dispose();
});

test("a loop is left in its first turn", async () => {
  const model = loop();
  const x = scalar(20);
  using hooked = early("grow.twice").prepare(hookGraph(model));
  assert.equal(await hooked.tryCallAsync(x), { stopped: true, at: "grow.twice" });
  assert.equal([...hooked.cache.keys({ nested: true, leavesOnly: true })], [["fwd", "grow.twice"]]);
  assert.equal([...hooked.cache.get(["fwd", "grow.twice"]).dataSync()], [20 * 2]);
  x.dispose();
  model.dispose();
});

test("the inputs and the output of a node that waits can be the last that is looked at", async () => {
  const model = branches();
  const x = scalar(3);
  {
    using hooked = new ActivationCaching("choice", { directions: ["fwd_pre"], stopEarly: true }).prepare(
      hookGraph(model),
    );
    assert.equal(await hooked.tryCallAsync(x), { stopped: true, at: "choice" });
  }
  using hooked = early("choice").prepare(hookGraph(model));
  assert.equal(await hooked.tryCallAsync(x), { stopped: true, at: "choice" });
  assert.equal([...hooked.cache.get(["fwd", "choice"]).dataSync()], [3 * 2]);
  x.dispose();
  model.dispose();
});

test("every context is waited for, and only those that are awake", async () => {
  const model = branches();
  const x = scalar(3);
  using outer = early("isPositive").prepare(hookGraph(model));
  using inner = new ActivationCaching("choice").prepare(outer);
  assert.equal(await inner.tryCallAsync(x), { stopped: true, at: "choice" });
  inner.dispose();
  assert.equal(await outer.tryCallAsync(x), { stopped: true, at: "isPositive" });
  x.dispose();
  model.dispose();
});

test("runs that follow a stopped one are whole once nobody wants to stop", async () => {
  const model = branches();
  const x = scalar(3);
  using whole = new ActivationCaching("isPositive").prepare(hookGraph(model));
  {
    using hooked = early("isPositive").prepare(whole);
    assert.is((await hooked.tryCallAsync(x)).stopped, true);
  }
  const result = await whole.tryCallAsync(x);
  assert.is(result.stopped, false);
  if (!result.stopped) assert.equal(take(result.output), [3 * 2 + 1]);
  x.dispose();
  model.dispose();
});

test("tryCallAsync takes models that do not wait, and passes other errors on", async () => {
  const x = scalar(5);
  using hooked = early("first").prepare(new Toy());
  assert.equal(await hooked.tryCallAsync(x), { stopped: true, at: "first" });
  hooked.context.hook("first", "fwd", () => {
    throw new Error("no");
  });
  assert.is((await asyncFailure(hooked.tryCallAsync(x)))[0], "HOOK_THREW");
  x.dispose();
});

test.run();
