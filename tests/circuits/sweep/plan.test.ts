import { faithfulness, PATCH_TABLES, PatchingSweep, scoreCircuit } from "@hookdict/circuits";
import { loadModel, type Transformer } from "@hookdict/models";
import { engine, memory, profile } from "@tensorflow/tfjs-core";
import { assert, suite } from "../../gate/suite.ts";
import { familyFolder } from "../../models/families/variants.ts";
import { failure } from "../../support/failure.ts";
import { assertClose, ids, LONG, METRIC, numbers, type Prompts, withPrompts } from "./prompts.ts";

const test = suite("plans of patching sweeps");

test("the peak of memory stays below the budget", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const prompts = { clean: ids([LONG.clean]), corrupt: ids([LONG.corrupt]) };
  using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 8), metrics: METRIC }).prepare(model);
  const { held, perRow } = hooked.plan(prompts).bytes;
  for (const rows of [1, 4, 20]) {
    const budget = held + rows * perRow;
    const before = memory().numBytes;
    const { peakBytes } = await profile(() => hooked.sweep(prompts, { memory: budget }).dispose());
    assert.ok(peakBytes - before <= budget, `${peakBytes - before} of ${budget} for ${rows} rows`);
  }
  for (const each of Object.values(prompts)) each.dispose();
});

/** The most bytes that a function has at once, besides those that there were: seen at every tensor that is made. */
function peakOf(fn: () => void): number {
  const kernel = engine() as unknown as { trackTensor: (...args: unknown[]) => void };
  const own = kernel.trackTensor;
  const before = memory().numBytes;
  let most = 0;
  kernel.trackTensor = (...args) => {
    own.apply(kernel, args);
    most = Math.max(most, memory().numBytes - before);
  };
  try {
    fn();
  } finally {
    kernel.trackTensor = own;
  }
  return most;
}

/** What takes a memory, for two prompt pairs; the least is what the error says. */
const WITHIN: Readonly<Record<string, (model: Transformer, prompts: Prompts, memory: number) => void>> = {
  PatchingSweep: (model, prompts, most) => {
    using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 2), metrics: METRIC }).prepare(model);
    hooked.sweep(prompts, { memory: most }).dispose();
  },
  scoreCircuit: (model, prompts, most) =>
    scoreCircuit(model, prompts, { metric: METRIC, scorer: "exact", memory: most }).dispose(),
  faithfulness: (model, prompts, most) =>
    void faithfulness(model, prompts, Array.from({ length: 5 }, () => ({ nodes: [], edges: [] })), { metric: METRIC, memory: most }), // prettier-ignore
};

for (const [name, run] of Object.entries(WITHIN))
  test(`${name}: two prompt pairs stay within the least memory that they can have`, async () => {
    using model = await loadModel<Transformer>(familyFolder("gpt2"));
    const prompts = {
      clean: ids([[1, 5, 3, 7, 9, 2], [4, 8, 3, 7, 1, 6]]),
      corrupt: ids([[1, 5, 3, 8, 9, 2], [4, 8, 3, 9, 1, 6]]),
    }; // prettier-ignore
    const [code, message] = failure(() => run(model, prompts, 10));
    assert.is(code, "SWEEP_BUDGET");
    const [, held, row, least] =
      /^A memory of 10 bytes is too small: captures take (\d+), and the 2 prompts, which run at once, take (\d+)\. Give at least (\d+), or sweep over fewer sites or prompts at once\.$/.exec(
        message,
      ) ?? [];
    assert.is(Number(held) + Number(row), Number(least), message);
    const peak = peakOf(() => run(model, prompts, Number(least)));
    assert.ok(peak <= Number(least), `${peak} of ${least}`);
    for (const each of Object.values(prompts)) each.dispose();
  });

test("the result does not depend on the memory, and what is taken stays below it", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 4), metrics: METRIC }).prepare(model);
    const { bytes } = hooked.plan(prompts);
    using all = hooked.sweep(prompts);
    for (const rows of [1, 3]) {
      const budget = bytes.held + rows * bytes.perRow;
      const plan = hooked.plan(prompts, { memory: budget });
      assert.ok(plan.rows <= rows);
      let most = 0;
      const before = memory().numBytes;
      const looks = hooked.context.hook(
        "**",
        "fwd",
        () => void (most = Math.max(most, memory().numBytes - before)),
      );
      using part = hooked.sweep(prompts, { memory: budget });
      looks.dispose();
      assert.ok(most <= budget, `${most} of ${budget}`);
      for (const { name } of PATCH_TABLES.slice(0, 4))
        assertClose(numbers(part, name), numbers(all, name), name);
    }
  });
});

test("a plan counts cells, runs and layers", async () => {
  using model = await loadModel(familyFolder("gpt2"));
  const layers = model.blocks.length;
  withPrompts((prompts) => {
    using hooked = new PatchingSweep({ tables: PATCH_TABLES.slice(0, 1), metrics: METRIC }).prepare(model);
    const plan = hooked.plan(prompts);
    assert.is(plan.cells, layers * 3);
    // The first token is the same; at layer 0 so is the one behind the second.
    assert.is(plan.skipped, layers + 1);
    // Rows join the others at their layers: one run for all.
    assert.is(plan.runs, 1);
    assert.is(plan.rows, plan.cells - plan.skipped);
    let evaluations = layers; // layer 0: one cell
    for (let layer = 1; layer < layers; layer++) evaluations += 2 * (layers - layer);
    assert.is(plan.layerEvaluations, evaluations);
    assert.is(plan.layerEvaluationsEach, layers * 3 * layers);
    assert.match(String(plan), /cells, \d+ of which change nothing\n1 run of at most 5 rows\n/);
    const memoryOfTwo = plan.bytes.held + 2 * plan.bytes.perRow;
    const { runs } = hooked.plan(prompts, { memory: memoryOfTwo });
    assert.is(runs, Math.ceil(plan.rows / 2));
    const progress: string[] = [];
    const onProgress = ({ done, total }: { done: number; total: number }): number =>
      progress.push(`${done}/${total}`);
    hooked.sweep(prompts, { memory: memoryOfTwo, onProgress }).dispose();
    assert.is(progress.at(-1), `${runs}/${runs}`);
  });
});

test.run();
