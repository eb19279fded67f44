import { layerOutput } from "./errors.ts";

/** What TensorFlow.js says of a layer's output that is no tensor, with the names of the layer and of its output. */
const NO_TENSOR = /The dtype of the feed \(undefined\) can not be cast to the dtype of the key '([^/']+)/;

/**
 * Runs layers, and names the one whose output is no tensor, such as a promise: TensorFlow.js says it of places without hooks.
 *
 * @throws UsageError `LAYER_OUTPUT`
 */
export function namingOutputs<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    const layer = error instanceof Error ? NO_TENSOR.exec(error.message)?.[1] : undefined;
    throw layer === undefined ? error : layerOutput(layer, error);
  }
}
