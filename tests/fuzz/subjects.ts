import type { Hookable } from "@hookdict/core";
import { hookLayers } from "@hookdict/core/layers";
import { tinyFunction, tinyLayers, TinyModule } from "@hookdict/core/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { loadLayersModel } from "@tensorflow/tfjs-layers";

/** One kind of model under random programs. */
export interface FuzzSubject {
  readonly name: string;
  readonly model: Hookable<readonly [Tensor], Tensor>;
  /** Runs the model itself, as code that knows nothing of hooks does. **Ownership:** returns owned. */
  readonly direct: (tokens: Tensor) => Tensor;
  readonly sitesAreValues: boolean;
  /** Whether `embed` has float inputs. */
  readonly embedsFloats: boolean;
  readonly weights: readonly Tensor[];
  readonly dispose: () => void;
}

export const SUBJECTS: readonly (readonly [name: string, make: () => Promise<FuzzSubject>])[] = [
  ["own modules", ownModule],
  ["functions", functionModel],
  ["models of layers", layersModel],
];

function ownModule(): Promise<FuzzSubject> {
  const model = new TinyModule();
  return Promise.resolve({
    name: "own module",
    model,
    direct: (tokens) => model.call(tokens),
    sitesAreValues: false,
    embedsFloats: true,
    weights: [model.table, model.mix.kernel, model.mix.bias, model.head.kernel, model.head.bias],
    dispose: () => model.dispose(),
  });
}

function functionModel(): Promise<FuzzSubject> {
  const { model, dispose } = tinyFunction();
  return Promise.resolve({
    name: "function",
    model,
    direct: (tokens) => model.call(tokens),
    sitesAreValues: true,
    embedsFloats: true,
    weights: [], // closed over
    dispose,
  });
}

async function layersModel(): Promise<FuzzSubject> {
  const layers = await tinyLayers(loadLayersModel);
  return {
    name: "layers",
    model: hookLayers(layers) as unknown as FuzzSubject["model"], // its keyword inputs are optional
    direct: (tokens) => layers.predict(tokens) as Tensor, // one output
    sitesAreValues: false,
    embedsFloats: false,
    weights: layers.getWeights(),
    dispose: () => {
      for (const weight of layers.weights) weight.dispose();
    },
  };
}
