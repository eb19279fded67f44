import { hookLayers } from "@hookdict/core/layers";
import { ActivationCaching } from "@hookdict/latent";
import { dispose, ones } from "@tensorflow/tfjs-core";
import { input, layers, type LayersModel, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { compare } from "../measure.ts";
import { EmptyHooks } from "./forward.ts";

const LAYERS = 300;

/** Nothing but layers that give back what they are given. */
function chain(): LayersModel {
  const inputs = input({ shape: [1] });
  let outputs: SymbolicTensor = inputs;
  for (let i = 0; i < LAYERS; i++)
    outputs = layers.activation({ activation: "linear" }).apply(outputs) as SymbolicTensor; // of a symbolic one
  return model({ inputs, outputs });
}

/** Cost of passing one layer of a `tf.LayersModel`, in microseconds. */
export interface LayerDispatchFigures {
  /** What TensorFlow.js takes. */
  readonly bareUs: number;
  /** What an empty hook adds. */
  readonly hookUs: number;
  /** What a capture adds, its release included. */
  readonly captureUs: number;
}

/** `predict` through 300 layers that do nothing else. */
export async function layerDispatch(): Promise<LayerDispatchFigures> {
  const [plain, looked, kept] = [chain(), chain(), chain()];
  const x = ones([1, 1]);
  using _hooks = new EmptyHooks().prepare(hookLayers(looked));
  using _captures = new ActivationCaching("**").prepare(hookLayers(kept));
  const predict = (built: LayersModel) => ({ run: () => dispose(built.predict(x)) });
  const { bare, hooked, captured } = await compare(
    { bare: predict(plain), hooked: predict(looked), captured: predict(kept) },
    { rounds: 150, warmups: 50 },
  );
  x.dispose();
  const perLayer = (ms: number): number => (ms * 1000) / LAYERS;
  return {
    bareUs: perLayer(bare.medianMs),
    hookUs: perLayer(hooked.medianMs - bare.medianMs),
    captureUs: perLayer(captured.medianMs - bare.medianMs),
  };
}
