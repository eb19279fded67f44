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
  const weightData = joinBytes(weights.map(({ values }) => values));
  return { load: () => Promise.resolve({ format, modelTopology, weightSpecs, weightData }) };
}

function joinBytes(parts: readonly (Float32Array | Int32Array)[]): ArrayBuffer {
  const bytes = parts.map((part) => new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  const joined = new Uint8Array(bytes.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    joined.set(part, at);
    at += part.length;
  }
  return joined.buffer;
}
