import { type Tensor, tensor2d, train } from "@tensorflow/tfjs-core";
import type { LayersModel, ModelFitDatasetArgs } from "@tensorflow/tfjs-layers";
import { chain, row } from "./models.ts";

/** A learning rate that is exact in float32. */
export const RATE: number = 1 / 128;

/** No progress bar; the enumeration that it is declared as is not exported. */
export const SILENT = 0 as unknown as NonNullable<ModelFitDatasetArgs<unknown>["verbose"]>;

/** Model kinds, with SGD, a squared error and, besides it, the absolute error as a metric. */
export const builders: Readonly<Record<string, () => LayersModel>> = {
  "tf.model": () => compiled(chain()),
  "tf.sequential": () => compiled(row()),
};

export function compiled(built: LayersModel): LayersModel {
  built.compile({ optimizer: train.sgd(RATE), loss: "meanSquaredError", metrics: ["mae"] });
  return built;
}

/** Two samples, for a chain whose outputs there are 84 and 157. */
export function samples(): { readonly x: Tensor; readonly y: Tensor; readonly dispose: () => void } {
  const x = tensor2d([
    [1, 10],
    [2, 20],
  ]);
  const y = tensor2d([[83], [157]]);
  return {
    x,
    y,
    dispose: () => {
      x.dispose();
      y.dispose();
    },
  };
}

/** A dataset that gives `batches` batches of the samples: the part of tf.data that training needs. */
export function dataset(batches: number): never {
  const iterator = (): object => {
    let given = 0;
    const next = (): object => {
      if (given++ === batches) return { value: null, done: true };
      const { x, y } = samples();
      return { value: { xs: x, ys: y }, done: false };
    };
    return { next: async () => Promise.resolve(next()) };
  };
  return { size: batches, iterator: async () => Promise.resolve(iterator()) } as never; // all that is used of it
}

/** Ways to train on the samples: four steps each. */
export const trainings: Readonly<Record<string, (model: LayersModel) => Promise<unknown>>> = {
  fit: async (model) => {
    const { x, y, dispose } = samples();
    try {
      await model.fit(x, y, { epochs: 2, batchSize: 1, shuffle: false, verbose: SILENT });
    } finally {
      dispose();
    }
  },
  fitDataset: async (model) => model.fitDataset(dataset(2), { epochs: 2, verbose: SILENT }),
  "fitDataset of so many batches": async (model) =>
    model.fitDataset(dataset(4), { epochs: 2, batchesPerEpoch: 2, verbose: SILENT }),
  trainOnBatch: async (model) => {
    const { x, y, dispose } = samples();
    try {
      for (let step = 0; step < 4; step++) await model.trainOnBatch(x, y);
    } finally {
      dispose();
    }
  },
};

/** The weights' values, by layer. */
export function weightsOf(model: LayersModel): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    model.layers.map((layer) => [layer.name, layer.getWeights().flatMap((weight) => [...weight.dataSync()])]),
  );
}
