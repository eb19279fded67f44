import { checkArgument } from "@hookdict/tensordict";
import type { io } from "@tensorflow/tfjs-core";
import { memoryHandler } from "./tiny-artifacts.ts";
import { TINY_CLASSES, TINY_VOCABULARY, TINY_WIDTH, type TinyOptions, tinyWeights } from "./tiny-weights.ts";

/**
 * The tiny model as a `tf.LayersModel` with the layers `embed`, `mix` (shared by two calls) and `head`. It is given
 * the loader of tfjs-layers, so that nothing here needs that package.
 *
 * **Ownership:** returns owned: dispose every one of `model.weights`, because the model's own `dispose` leaves those of
 * layers that are called twice.
 *
 * @example no-run
 * const model = await tinyLayers(tf.loadLayersModel);
 * using hooked = new ActivationCaching("mix").prepare(hookLayers(model));
 */
export function tinyLayers<M>(
  load: (handler: io.IOHandler) => Promise<M>,
  options: TinyOptions = {},
): Promise<M> {
  checkArgument("tinyLayers", "load", load, "a function");
  const names = {
    table: "embed/embeddings",
    mixKernel: "mix/kernel",
    mixBias: "mix/bias",
    headKernel: "head/kernel",
    headBias: "head/bias",
  };
  const weights = tinyWeights(options).map((weight) => ({ ...weight, name: names[weight.name] }));
  return load(memoryHandler("layers-model", topology(), weights));
}

function topology(): Record<string, unknown> {
  const layers = [
    layer("InputLayer", "tokens", { batch_input_shape: [null, 3], dtype: "int32", sparse: false }, []),
    layer("Embedding", "embed", { input_dim: TINY_VOCABULARY, output_dim: TINY_WIDTH }, [["tokens", 0]]),
    layer("Dense", "mix", { units: TINY_WIDTH, activation: "tanh" }, [
      ["embed", 0],
      ["mix", 0],
    ]),
    layer("Dense", "head", { units: TINY_CLASSES, activation: "linear" }, [["mix", 1]]),
  ];
  const config = {
    name: "tiny",
    layers,
    input_layers: [["tokens", 0, 0]],
    output_layers: [["head", 0, 0]],
  };
  return { class_name: "Model", config };
}

/** One layer; each of its calls takes the output of one call of another layer. */
function layer(
  type: string,
  name: string,
  config: Record<string, unknown>,
  calls: readonly (readonly [from: string, call: number])[],
): Record<string, unknown> {
  return {
    class_name: type,
    name,
    config: { name, ...config },
    inbound_nodes: calls.map(([from, call]) => [[from, call, 0, {}]]),
  };
}
