import { type Direction, HookFactory, MultiHookManager } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { keep, mul, type Tensor } from "@tensorflow/tfjs-core";
import {
  callbacks,
  input,
  type LayersModel,
  layers,
  model as modelOf,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { assert, rejected, suite } from "../../gate/suite.ts";
import { free } from "./models.ts";
import { builders, compiled, dataset, samples, SILENT, trainings, weightsOf } from "./training.ts";

const test = suite("hooks that throw while layers are trained");

/** Throws in the step `step` (from 0), in one direction at one layer. */
function failIn(model: LayersModel, path: string, direction: Direction, step: number): MultiHookManager {
  const manager = new MultiHookManager(hookLayers(model), { name: "Mine" });
  let fired = 0;
  manager.register(path, direction, () => {
    if (fired++ === step) throw new TypeError("no");
  });
  return manager;
}

for (const [kind, build] of Object.entries(builders)) {
  for (const [how, run] of Object.entries(trainings)) {
    test(`${how} of a ${kind} rejects with the hook's error, and leaves no tensor`, async () => {
      for (const direction of ["fwd_pre", "fwd", "bwd_pre", "bwd"] as const) {
        for (const step of [0, 1, 2]) {
          const model = build();
          {
            using _failing = failIn(model, "second", direction, step);
            const error = await rejected(run(model));
            assert.is(
              error.message,
              `The ${direction} hook of Mine at second threw TypeError: no. ` +
                "The cause is the original error; hooks and tensors were cleaned up.",
            );
          }
          await run(model);
          free(model);
        }
      }
    });

    test(`${how} of a ${kind}: the step that failed learns nothing, those before it did`, async () => {
      const [failed, plain] = [build(), build()];
      {
        using _failing = failIn(failed, "first", "bwd", 1);
        await rejected(run(failed));
      }
      {
        using _stopping = new MultiHookManager(hookLayers(plain));
        let fired = 0;
        _stopping.register("second", "fwd_pre", {
          kind: "stop",
          run: () => fired++ === 1,
        });
        const error = await rejected(run(plain));
        assert.is((error as { code?: string }).code, "RUN_STOPPED");
      }
      assert.equal(weightsOf(failed), weightsOf(plain));
      const untouched = build();
      assert.not.equal(weightsOf(failed), weightsOf(untouched));
      free(failed, plain, untouched);
    });
  }
}

test("after a failure no callback is called, and the model is not left training", async () => {
  const model = builders["tf.model"]?.() as LayersModel;
  const { x, y, dispose } = samples();
  const seen: string[] = [];
  const watch = {
    onBatchBegin: (batch: number) => void seen.push(`begin ${batch}`),
    onBatchEnd: (batch: number) => void seen.push(`end ${batch}`),
    onEpochEnd: () => void seen.push("epoch"),
    onTrainEnd: () => void seen.push("train"),
  };
  for (const given of [watch, [watch], [callbacks.earlyStopping({ monitor: "loss" })]]) {
    for (const data of [false, true]) {
      using _failing = failIn(model, "second", "bwd", 1);
      const options = { epochs: 2, verbose: SILENT, callbacks: given };
      await rejected(
        data ? model.fitDataset(dataset(2), options) : model.fit(x, y, { ...options, batchSize: 1 }),
      );
      assert.is(model.stopTraining, false);
      assert.is(Reflect.get(model, "isTraining"), false);
    }
  }
  const once = ["begin 0", "end 0", "begin 1"];
  assert.equal(seen, [...once, ...once, ...once, ...once]);
  dispose();
  free(model);
});

test("callbacks see what they see without hooks", async () => {
  const { x, y, dispose } = samples();
  const seen: unknown[][] = [];
  for (const hooked of [false, true]) {
    const built = builders["tf.model"]?.() as LayersModel;
    const calls: unknown[] = [];
    const manager = new MultiHookManager(hookLayers(built));
    if (hooked) manager.register("**", "bwd", () => undefined);
    const stopping = callbacks.earlyStopping({ monitor: "loss", patience: 0 });
    const watch = { onEpochEnd: (epoch: number, logs: unknown) => void calls.push(epoch, logs) };
    const validationData: [Tensor, Tensor] = [x, y];
    await built.fit(x, y, { epochs: 2, verbose: SILENT, validationData, callbacks: watch });
    const history = await built.fit(x, y, { epochs: 9, verbose: SILENT, callbacks: [stopping] });
    calls.push(history.epoch, history.history, (stopping as unknown as { model: unknown }).model === built);
    seen.push(calls);
    manager.dispose();
    free(built);
  }
  // To four digits: threads of the native backend add up in any order, and this training multiplies what differs.
  const rounded = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (_, item: unknown) =>
        typeof item === "number" ? Number(item.toPrecision(4)) : item,
      ),
    );
  assert.equal(rounded(seen[1]), rounded(seen[0]));
  dispose();
});

test("a failing validation rejects, and leaves no tensor", async () => {
  const built = builders["tf.model"]?.() as LayersModel;
  const { x, y, dispose } = samples();
  const options = { epochs: 2, verbose: SILENT } as const;
  const validationData: [Tensor, Tensor] = [x, y];
  for (const step of [0, 1, 2, 3, 4, 5]) {
    for (const run of [
      async () => built.fit(x, y, { ...options, batchSize: 1, validationData }),
      async () => built.fitDataset(dataset(2), { ...options, validationData }),
      async () => built.fitDataset(dataset(2), { ...options, validationData: dataset(2) }),
      async () =>
        built.fitDataset(dataset(4), { ...options, batchesPerEpoch: 2, validationData: dataset(2) }),
    ]) {
      using _failing = failIn(built, "second", "fwd", step);
      assert.is(((await rejected(run())).cause as Error).message, "no");
    }
  }
  dispose();
  free(built);
});

test("a failing evaluateDataset rejects, and leaves no tensor, whichever batch fails", async () => {
  for (const build of Object.values(builders)) {
    const built = build();
    for (const batch of [0, 1, 2]) {
      for (const batches of [undefined, 3]) {
        using _failing = failIn(built, "second", "fwd", batch);
        const options = batches === undefined ? {} : { batches };
        const error = await rejected(built.evaluateDataset(dataset(3), options));
        assert.is((error.cause as Error).message, "no");
      }
    }
    free(built);
  }
});

test("overlapping steps of training fail each on its own", async () => {
  const built = builders["tf.model"]?.() as LayersModel;
  const { x, y, dispose } = samples();
  {
    using _failing = failIn(built, "second", "bwd", 1);
    const results = await Promise.allSettled([0, 1, 2].map(async () => built.trainOnBatch(x, y)));
    assert.equal(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
  }
  dispose();
  free(built);
});

test("metrics of several outputs are freed, too, and what a hook keeps stays the user's", async () => {
  const x = input({ shape: [2] });
  const hidden = layers.dense({ units: 2, name: "hidden" }).apply(x) as SymbolicTensor;
  const [left, right] = ["left", "right"].map(
    (name) => layers.dense({ units: 1, name }).apply(hidden) as SymbolicTensor,
  );
  const built = compiled(modelOf({ inputs: x, outputs: [left, right] as SymbolicTensor[] }));
  const { x: given, y, dispose } = samples();
  const kept: Tensor[] = [];
  {
    using failing = failIn(built, "hidden", "bwd_pre", 0);
    failing.register("left", "fwd", (value: Tensor) => void kept.push(keep(mul(value, 2))));
    await rejected(built.fit(given, [y, y], { verbose: SILENT }));
  }
  assert.not.ok(kept[0]?.isDisposed);
  kept[0]?.dispose();
  dispose();
  free(built);
});

test("stopping in the middle of a step rejects with RUN_STOPPED; captures before it are there", async () => {
  const built = builders["tf.sequential"]?.() as LayersModel;
  const before = weightsOf(built);
  const { x, y, dispose } = samples();
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(built));
    hooked.context.hook("first", "fwd", HookFactory.stop());
    const error = await rejected(built.fit(x, y, { verbose: SILENT }));
    assert.is(
      error.message,
      "The run was stopped at first by ActivationCaching, so the model has no output. " +
        "Call the hooked module through tryCall, or tryCallAsync, which says whether the run was stopped.",
    );
    assert.equal(hooked.cache.get(["fwd", "first"]).shape, [2, 2]);
  }
  assert.equal(weightsOf(built), before);
  dispose();
  free(built);
});

test.run();
