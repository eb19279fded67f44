import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import {
  dispose,
  mean,
  randomNormal,
  square,
  tensor2d,
  type Tensor,
  tidy,
  train,
} from "@tensorflow/tfjs-core";
import {
  input,
  type LayersModel,
  layers,
  model,
  sequential,
  type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { assert, suite } from "../../gate/suite.ts";
import { take } from "../../support/values.ts";
import { free } from "./models.ts";
import { SILENT, weightsOf } from "./training.ts";

const test = suite("hooks on layers of every family");

interface Specimen {
  readonly build: () => LayersModel;
  readonly input: () => Tensor;
}

const normal = (shape: readonly number[]) => (): Tensor => randomNormal([...shape], 0, 1, "float32", 7);
const tokens = (): Tensor =>
  tensor2d(
    [
      [1, 2, 3],
      [3, 0, 0],
    ],
    [2, 3],
    "int32",
  );

function branches(): LayersModel {
  const x = input({ shape: [4] });
  const left = layers.dense({ units: 3, activation: "relu" }).apply(x) as SymbolicTensor;
  const right = layers.dense({ units: 3, activation: "sigmoid" }).apply(x) as SymbolicTensor;
  const parts = [
    layers.add().apply([left, right]),
    layers.multiply().apply([left, right]),
    layers.maximum().apply([left, right]),
    layers.average().apply([left, right]),
  ] as SymbolicTensor[];
  return model({ inputs: x, outputs: layers.concatenate().apply(parts) as SymbolicTensor });
}

function residual(): LayersModel {
  const x = input({ shape: [5, 4] });
  const inner = sequential({
    layers: [
      layers.layerNormalization({ inputShape: [5, 4] }),
      layers.dense({ units: 8, activation: "gelu" }),
      layers.dense({ units: 4 }),
    ],
  });
  const y = layers.add().apply([x, inner.apply(x) as SymbolicTensor]) as SymbolicTensor;
  return model({ inputs: x, outputs: layers.globalAveragePooling1d({}).apply(y) as SymbolicTensor });
}

const zoo: Readonly<Record<string, Specimen>> = {
  convolutions: {
    build: () =>
      sequential({
        layers: [
          layers.conv2d({ filters: 3, kernelSize: 2, activation: "relu", inputShape: [6, 6, 2] }),
          layers.batchNormalization(),
          layers.maxPooling2d({ poolSize: 2 }),
          layers.dropout({ rate: 0.5, seed: 3 }),
          layers.flatten(),
          layers.dense({ units: 2, activation: "softmax" }),
        ],
      }),
    input: normal([2, 6, 6, 2]),
  },
  "depthwise and separable convolutions": {
    build: () =>
      sequential({
        layers: [
          layers.depthwiseConv2d({ kernelSize: 2, inputShape: [5, 5, 2] }),
          layers.upSampling2d({ size: [2, 2] }),
          layers.zeroPadding2d({ padding: 1 }),
          layers.globalMaxPooling2d({}),
        ],
      }),
    input: normal([2, 5, 5, 2]),
  },
  "a masked recurrent layer": {
    build: () =>
      sequential({
        layers: [
          layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true, inputLength: 3 }),
          layers.lstm({ units: 2, returnSequences: true }),
          layers.timeDistributed({ layer: layers.dense({ units: 2 }) }),
        ],
      }),
    input: tokens,
  },
  "recurrent layers upon each other": {
    build: () =>
      sequential({
        layers: [
          layers.masking({ maskValue: 0, inputShape: [3, 2] }),
          layers.bidirectional({ layer: layers.gru({ units: 2, returnSequences: true }), mergeMode: "sum" }),
          layers.rnn({
            cell: [layers.lstmCell({ units: 2 }), layers.simpleRNNCell({ units: 2 })] as never, // an array is allowed
          }),
        ],
      }),
    input: normal([2, 3, 2]),
  },
  "a recurrent layer with state": {
    build: () =>
      sequential({ layers: [layers.gru({ units: 2, stateful: true, batchInputShape: [2, 3, 2] })] }),
    input: normal([2, 3, 2]),
  },
  "shapes and activations": {
    build: () =>
      sequential({
        layers: [
          layers.permute({ dims: [2, 1], inputShape: [3, 2] }),
          layers.reshape({ targetShape: [6] }),
          layers.leakyReLU(),
          layers.repeatVector({ n: 2 }),
          layers.prelu(),
          layers.conv1d({ filters: 2, kernelSize: 1 }),
          layers.activation({ activation: "tanh" }),
        ],
      }),
    input: normal([2, 3, 2]),
  },
  branches: { build: branches, input: normal([2, 4]) },
  "a residual block in a model": { build: residual, input: normal([2, 5, 4]) },
};

/** TensorFlow.js leaves what it makes the states from to the caller's scope. */
function resetStates(built: LayersModel): void {
  tidy(() => built.resetStates());
}

/** Frees models with the states that their layers keep. */
function freeAll(...models: readonly LayersModel[]): void {
  for (const built of models) {
    resetStates(built);
    for (const layer of built.layers) dispose((Reflect.get(layer, "states_") ?? []) as Tensor[]);
  }
  free(...models);
}

for (const [name, specimen] of Object.entries(zoo)) {
  test(`${name}: predictions under hooks are the same, bit for bit, and every layer is captured`, () => {
    const built = specimen.build();
    const x = specimen.input();
    const reset = (): void => resetStates(built);
    const plain = take(built.predict(x) as Tensor);
    reset();
    {
      const directions = ["fwd_pre", "fwd"] as const;
      using hooked = new ActivationCaching("**", { directions }).prepare(hookLayers(built));
      assert.equal(take(hooked.model.predict(x) as Tensor), plain);
      assert.equal(hooked.unfired, []);
      for (const { path } of hooked.sites) {
        assert.ok(hooked.cache.has(["fwd", path]), path);
        assert.ok(hooked.cache.has(["fwd_pre", path]), path);
      }
    }
    reset();
    assert.equal(take(built.predict(x) as Tensor), plain);
    x.dispose();
    freeAll(built);
  });

  test(`${name}: a step of training under hooks learns the same, bit for bit`, async () => {
    const [plain, hooked] = [specimen.build(), specimen.build()];
    const x = specimen.input();
    const y = plain.predict(x) as Tensor; // of the right shape, and not what the copy gives in training
    const target = square(y);
    hooked.setWeights(plain.getWeights());
    for (const built of [plain, hooked]) {
      resetStates(built);
      built.compile({ optimizer: train.sgd(0.1), loss: "meanSquaredError" });
    }
    const fit = async (built: LayersModel): Promise<unknown> =>
      built.fit(x, target, { batchSize: 2, shuffle: false, verbose: SILENT });
    await fit(plain);
    {
      const directions = ["fwd_pre", "fwd", "bwd_pre"] as const;
      using context = new ActivationCaching("**", { directions }).prepare(hookLayers(hooked));
      await fit(hooked);
      for (const { path } of context.sites) assert.ok(context.cache.has(["bwd_pre", path]), path);
    }
    assert.equal(Object.values(weightsOf(hooked)), Object.values(weightsOf(plain)));
    for (const tensor of [x, y, target]) tensor.dispose();
    freeAll(plain, hooked);
  });

  test(`${name}: gradients reach every layer, and nothing is left over`, () => {
    const built = specimen.build();
    const x = specimen.input();
    {
      using hooked = new ActivationCaching("**", { directions: ["bwd_pre"] }).prepare(hookLayers(built));
      hooked.backward(() => mean(square(hooked.call(x))));
      for (const { path } of hooked.sites) assert.ok(hooked.cache.has(["bwd_pre", path]), path);
    }
    x.dispose();
    freeAll(built);
  });
}

test.run();
