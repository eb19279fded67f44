import { HookFactory, type HookInfo, MultiHookManager } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { memory, mul, ones, sum, tensor2d, type Tensor, train, zerosLike } from "@tensorflow/tfjs-core";
import { layers, sequential } from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { chain, free, repeated } from "./models.ts";
import { builders, compiled, dataset, RATE, samples, SILENT, trainings, weightsOf } from "./training.ts";

const test = suite("hooks while layers are trained");

const values = (tensor: unknown): number[] => [...(tensor as Tensor).dataSync()];

for (const [kind, build] of Object.entries(builders)) {
  for (const [how, run] of Object.entries(trainings)) {
    test(`${how} of a ${kind}: a zeroed gradient leaves the weights upstream untouched, bit for bit`, async () => {
      const model = build();
      const before = weightsOf(model);
      {
        using manager = new MultiHookManager(hookLayers(model));
        manager.register("second", "bwd", (g: Tensor) => zerosLike(g));
        await run(model);
      }
      assert.equal(weightsOf(model)["first"], before["first"]);
      assert.not.equal(weightsOf(model)["second"], before["second"]);
      await run(model);
      assert.not.equal(weightsOf(model)["first"], before["first"]);
      free(model);
    });

    test(`${how} of a ${kind}: every hook fires at every step, also the first layer's bwd`, async () => {
      const model = build();
      const fired: Record<string, number> = {};
      {
        using manager = new MultiHookManager(hookLayers(model));
        for (const direction of ["fwd_pre", "fwd", "bwd_pre", "bwd"] as const) {
          const count = ({ site, pass }: HookInfo): void => {
            assert.is(pass, 0);
            fired[`${site.path} ${direction}`] = (fired[`${site.path} ${direction}`] ?? 0) + 1;
          };
          manager.register(
            "**",
            direction,
            HookFactory.observe((_, info) => count(info)),
          );
        }
        await run(model);
      }
      const everywhere = ["fwd_pre", "fwd", "bwd_pre", "bwd"].flatMap((direction) => [
        [`first ${direction}`, 4],
        [`second ${direction}`, 4],
      ]);
      assert.equal(fired, Object.fromEntries(everywhere));
      free(model);
    });

    test(`${how} of a ${kind}: hooks that only look change nothing of what is learnt`, async () => {
      const [plain, watched] = [build(), build()];
      await run(plain);
      {
        const directions = ["fwd", "fwd_pre", "bwd", "bwd_pre"] as const;
        using _hooked = new ActivationCaching("**", { directions }).prepare(hookLayers(watched));
        await run(watched);
      }
      assert.equal(weightsOf(watched), weightsOf(plain));
      free(plain, watched);
    });
  }
}

test("a step's captures are those of that step: values and gradients", async () => {
  const model = compiled(chain());
  const x = tensor2d([[1, 10]]);
  const y = tensor2d([[83]]);
  {
    const directions = ["fwd", "bwd", "bwd_pre"] as const;
    using hooked = new ActivationCaching("**", { directions }).prepare(hookLayers(model));
    await model.fit(x, y, { epochs: 1, verbose: SILENT });
    const slope = 2 * (84 - 83);
    assert.equal(values(hooked.cache.get(["fwd", "second"])), [84]);
    assert.equal(values(hooked.cache.get(["bwd_pre", "second"])), [slope]);
    assert.equal(values(hooked.cache.get(["bwd", "first"])), [slope * (1 + 2), slope * (3 + 4)]);
    assert.equal(weightsOf(model)["second"], [
      1 - RATE * slope * 36,
      1 - RATE * slope * 48,
      0 - RATE * slope,
    ]);
    await model.fit(x, y, { epochs: 1, verbose: SILENT });
    assert.is([...hooked.cache.keys({ nested: true, leavesOnly: true })].length, 3 * 2);
    assert.not.equal(values(hooked.cache.get(["fwd", "second"])), [84]);
  }
  x.dispose();
  y.dispose();
  free(model);
});

test("a scaled gradient is learnt from: ×4 upstream moves the weights four times as far", async () => {
  const model = compiled(chain());
  const x = tensor2d([[1, 10]]);
  const y = tensor2d([[83]]);
  {
    using manager = new MultiHookManager(hookLayers(model));
    manager.register(
      "first",
      "bwd_pre",
      HookFactory.map((g) => mul(g, 4)),
    );
    await model.trainOnBatch(x, y);
  }
  const slope = 2 * (84 - 83);
  assert.equal(weightsOf(model)["first"]?.slice(4), [5 - RATE * 4 * slope, 6 - RATE * 4 * slope]);
  x.dispose();
  y.dispose();
  free(model);
});

test("what a forward hook puts in place of a value cuts the gradient there", async () => {
  const model = compiled(chain());
  const before = weightsOf(model);
  {
    using manager = new MultiHookManager(hookLayers(model));
    manager.register("first", "fwd", (h: Tensor) => ones(h.shape as [number, number]));
    await trainings["fit"]?.(model);
  }
  assert.equal(weightsOf(model)["first"], before["first"]);
  assert.not.equal(weightsOf(model)["second"], before["second"]);
  free(model);
});

test("the optimizer's own tensors are as many as without hooks, and stay", async () => {
  const counts = [];
  for (const hooked of [false, true]) {
    const model = chain();
    const before = memory().numTensors;
    model.compile({ optimizer: train.adam(0.1), loss: "meanSquaredError" });
    using manager = new MultiHookManager(hookLayers(model));
    if (hooked) manager.register("**", "bwd", () => undefined);
    await trainings["fit"]?.(model);
    counts.push(memory().numTensors - before);
    free(model);
  }
  assert.is(counts[0], counts[1]);
  assert.ok((counts[0] ?? 0) >= 2 * 4); // Adam: two moments of each of four weights
});

test("a frozen layer's hooks fire, and its weights stay", async () => {
  const model = chain();
  for (const layer of model.layers) layer.trainable = layer.name === "second";
  const before = weightsOf(compiled(model));
  {
    using hooked = new ActivationCaching("first", { directions: ["bwd"] }).prepare(hookLayers(model));
    await trainings["fit"]?.(model);
    assert.equal(hooked.cache.get(["bwd", "first"]).shape, [1, 2]);
  }
  assert.equal(weightsOf(model)["first"], before["first"]);
  free(model);
});

test("a layer called several times is tapped at each of its calls", async () => {
  const model = repeated(3);
  model.compile({ optimizer: train.sgd(RATE), loss: "meanAbsoluteError" });
  const x = tensor2d([[1]]);
  const y = tensor2d([[0]]);
  {
    using hooked = new ActivationCaching("double", { directions: ["bwd"] }).prepare(hookLayers(model));
    await model.trainOnBatch(x, y);
    assert.equal(
      ["double", "double#1", "double#2"].map((key) => values(hooked.cache.get(["bwd", key]))),
      [[2 * 2 * 2], [2 * 2], [2]],
    );
  }
  x.dispose();
  y.dispose();
  free(model);
});

test("the keyword input training is true while training, and absent while predicting", async () => {
  const model = compiled(chain());
  const { x, y, dispose } = samples();
  const seen: unknown[] = [];
  {
    using manager = new MultiHookManager(hookLayers(model));
    manager.register("first", "fwd_kwargs", (_: Tensor, info: HookInfo) => {
      seen.push(info.kwargs?.["training"]);
    });
    await model.trainOnBatch(x, y);
    (model.predict(x) as Tensor).dispose();
  }
  assert.equal(seen, [true, undefined]);
  dispose();
  free(model);
});

test("validation is a run of its own, after the epoch's last step", async () => {
  const model = compiled(chain());
  const { x, y, dispose } = samples();
  const runs: string[] = [];
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(model));
    hooked.events.on("run:started", () => runs.push("run"));
    hooked.events.on("site:ran", ({ pass }) => runs.push(`first#${pass}`));
    await model.fit(x, y, { batchSize: 1, verbose: SILENT, validationData: [x, y] });
  }
  assert.equal(runs, ["run", "first#0", "run", "first#0", "run", "first#0", "first#1"]);
  dispose();
  free(model);
});

test("each batch of evaluateDataset is a run", async () => {
  const model = compiled(chain());
  let runs = 0;
  {
    using hooked = new ActivationCaching("first").prepare(hookLayers(model));
    hooked.events.on("run:started", () => runs++);
    for (const part of (await model.evaluateDataset(dataset(3), {})) as Tensor[]) part.dispose();
    assert.equal(hooked.cache.get(["fwd", "first"]).shape, [2, 2]);
  }
  assert.is(runs, 3);
  free(model);
});

test("a context may end in the middle of training: the rest goes on without it", async () => {
  const model = compiled(chain());
  const { x, y, dispose } = samples();
  let fired = 0;
  const hooked = new ActivationCaching("first").prepare(hookLayers(model));
  hooked.context.hook("first", "bwd", () => void fired++);
  await model.fit(x, y, { epochs: 3, verbose: SILENT, callbacks: { onEpochEnd: () => hooked.dispose() } });
  assert.is(fired, 1);
  assert.not.ok(Object.hasOwn(model, "fitLoop"));
  dispose();
  free(model);
});

test("a sequential hooked before it is built and compiled is watched all the same", async () => {
  const model = sequential({ name: "late" });
  model.add(layers.dense({ units: 1, inputShape: [2], name: "one" }));
  let runs = 0;
  {
    using hooked = new ActivationCaching("one", { directions: ["bwd"] }).prepare(hookLayers(model));
    hooked.events.on("run:started", () => runs++);
    await trainings["fit"]?.(compiled(model));
    assert.equal([...hooked.cache.keys({ nested: true, leavesOnly: true })], [["bwd", "one"]]);
  }
  assert.is(runs, 4);
  assert.not.ok(Object.hasOwn(Reflect.get(model, "model") as object, "fitLoop"));
  free(model);
});

test("in a loop of one's own, bwd fires where a trained variable is upstream, bwd_pre at both layers", () => {
  const model = chain();
  const optimizer = train.sgd(RATE);
  const x = tensor2d([[1, 10]]);
  const fired: string[] = [];
  {
    using manager = new MultiHookManager(hookLayers(model));
    for (const direction of ["bwd", "bwd_pre"] as const) {
      const note = (_: Tensor, { site }: HookInfo): void => void fired.push(`${site.path} ${direction}`);
      manager.register("**", direction, note);
    }
    optimizer.minimize(() => sum(model.apply(x) as Tensor));
  }
  assert.equal(fired, ["second bwd_pre", "second bwd", "first bwd_pre"]);
  assert.equal(weightsOf(model)["first"]?.slice(4), [5 - RATE, 6 - RATE]);
  optimizer.dispose();
  x.dispose();
  free(model);
});

test("a recurrent cell is tapped at each time step", async () => {
  const rnn = layers.simpleRNN({ units: 1, inputShape: [3, 1], name: "rnn", seed: 1 } as never);
  const model = compiled(sequential({ layers: [rnn] }));
  const [x, y] = [ones([2, 3, 1]), ones([2, 1])];
  {
    using hooked = new ActivationCaching("rnn.cell", { directions: ["bwd"] }).prepare(hookLayers(model));
    await model.trainOnBatch(x, y);
    for (const key of ["rnn.cell", "rnn.cell#1", "rnn.cell#2"])
      assert.equal(hooked.cache.get(["bwd", key, "0"]).shape, [2, 1]);
  }
  x.dispose();
  y.dispose();
  free(model);
});

test.run();
