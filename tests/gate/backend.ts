import * as tf from "@tensorflow/tfjs-core";

let loaded = false;

/**
 * Loads the backend the tests of this process run on, with its gradients, and keeps the banner that
 * TensorFlow.js prints on the first tensor out of the test output.
 */
export async function loadTestBackend(name: string): Promise<void> {
  if (name === "none") return;
  tf.env().set("IS_TEST", true); // TensorFlow.js prints nothing then; switched back below, as it slows every kernel
  await import("@tensorflow/tfjs");
  if (name === "wasm") await import("@tensorflow/tfjs-backend-wasm");
  if (!(await tf.setBackend(name))) throw new Error(`the backend "${name}" could not be loaded`);
  await tf.ready();
  tf.tidy(() => void tf.square(tf.scalar(1)));
  tf.env().set("IS_TEST", false);
  loaded = true;
}

/** The state every test must leave as it found it. */
export interface Snapshot {
  readonly tensors: number;
  readonly backend: string;
}

/** The present number of tensors and the present backend; constant where no backend is loaded. */
export function takeSnapshot(): Snapshot {
  return loaded
    ? { tensors: tf.memory().numTensors, backend: tf.getBackend() }
    : { tensors: 0, backend: "none" };
}

/** How `after` differs from `before`, as a sentence; `undefined` where nothing differs. */
export function describeChange(before: Snapshot, after: Snapshot): string | undefined {
  if (before.backend !== after.backend)
    return `the backend was "${before.backend}" and is now "${after.backend}"`;
  const difference = after.tensors - before.tensors;
  if (difference === 0) return undefined;
  const what = difference > 0 ? `${difference} left over` : `${-difference} too few`;
  return `numTensors was ${before.tensors} and is now ${after.tensors}: ${what}`;
}
