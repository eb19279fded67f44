import { joinBytes } from "@hookdict/tensordict/io";
import type { io } from "@tensorflow/tfjs-core";

/** A weight under the name by which a topology knows it. */
export interface NamedWeight {
  readonly name: string;
  readonly shape: number[];
  readonly values: Float32Array | Int32Array;
}

/** A model in memory, as TensorFlow.js loads it. */
export function memoryHandler(
  format: string,
  modelTopology: Record<string, unknown>,
  weights: readonly NamedWeight[],
): io.IOHandler {
  const weightSpecs = weights.map(({ name, shape, values }) => ({
    name,
    shape,
    dtype: values instanceof Int32Array ? ("int32" as const) : ("float32" as const),
  }));
  const weightData = joinBytes(
    weights.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ).slice().buffer;
  return { load: () => Promise.resolve({ format, modelTopology, weightSpecs, weightData }) };
}
