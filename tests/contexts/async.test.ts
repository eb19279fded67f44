import { Interventions, runWithCacheAsync, runWithHooksAsync, scanAsync } from "@hookdict/contexts";
import { countHooks } from "@hookdict/core";
import { mul, scalar, type Tensor } from "@tensorflow/tfjs-core";
import { assert, suite } from "../gate/suite.ts";
import { asyncFailure } from "../support/failure.ts";
import { Toy } from "../support/models.ts";

const test = suite("single runs that wait");

test("runWithCacheAsync gives the output and the cache", async () => {
  const [model, x] = [new Toy(), scalar(5)];
  const { output, cache } = await runWithCacheAsync(model, [x], { names: "hook_first" });
  assert.is(output.dataSync()[0], (5 ** 2 + 3) ** 2 - 4);
  assert.is(cache.get<Tensor>(["fwd", "hook_first"]).dataSync()[0], 5 ** 2);
  assert.is(countHooks(model), 0);
  for (const owned of [output, cache, x]) owned.dispose();
});

test("it may stop early, and has no loss", async () => {
  const [model, x] = [new Toy(), scalar(5)];
  const run = await runWithCacheAsync(model, [x], { names: "hook_first", stopEarly: true });
  assert.is(run.stopped && run.at, "hook_first");
  run.cache.dispose();
  assert.is(
    (await asyncFailure(runWithCacheAsync(model, [x], { loss: () => x } as object)))[0],
    "OPTION_UNKNOWN",
  );
  assert.is((await asyncFailure(runWithCacheAsync(model, [x], { directions: ["bwd"] })))[0], "LOSS_MISSING");
  x.dispose();
});

test("runWithHooksAsync runs once with hooks, and backward ones are refused", async () => {
  const [model, x] = [new Toy(), scalar(5)];
  const output = await runWithHooksAsync(model, [x], [["hook_first", (value) => mul(value, 2)]]);
  assert.is(output.dataSync()[0], (2 * 5 ** 2 + 3) ** 2 - 4);
  assert.equal(await asyncFailure(runWithHooksAsync(model, [x], [["hook_first", "bwd", () => undefined]])), [
    "LOSS_MISSING",
    "runWithHooksAsync was given a hook with the direction bwd, but no loss. A backward pass cannot wait: use runWithHooks, with { loss: (output) => scalar }.",
  ]);
  assert.is(countHooks(model), 0);
  output.dispose();
  x.dispose();
});

test("scanAsync tells what scan tells", async () => {
  const [model, x] = [new Toy(), scalar(5)];
  const shapes = await scanAsync(model, x);
  assert.equal(shapes["hook_first"]?.[0]?.outputs, [{ shape: [], dtype: "float32" }]);
  x.dispose();
});

test("Interventions.runAsync gives what run gives", async () => {
  const [model, x] = [new Toy(), scalar(5)];
  const spec = { captures: [{ at: "hook_mid" }], interventions: [{ kind: "zero", at: "hook_mid" }] } as const;
  {
    using result = await new Interventions(spec).runAsync(model, x);
    assert.is(result.output.dataSync()[0], -4);
    assert.is(result.require("hook_mid").dataSync()[0], 5 ** 2 + 3);
  }
  x.dispose();
});

test.run();
