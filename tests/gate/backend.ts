/** Present once a backend is loaded: a process without one starts in half the time. */
let tf: typeof import("@tensorflow/tfjs-core") | undefined;

/** Loads the backend, with its gradients, that the tests of this process run on; `none` where they touch no tensor. */
export async function loadTestBackend(name: string): Promise<void> {
  if (name === "none") return;
  const { loadBackend } = await import("@hookdict/backends");
  await loadBackend({ backend: name === "tensorflow" ? "tfjs-node" : name });
  tf = await import("@tensorflow/tfjs-core");
}

/** The state every test must leave as it found it. */
export interface Snapshot {
  readonly tensors: number;
  readonly backend: string;
}

/** The present number of tensors and the present backend; constant where no backend is loaded. */
export function takeSnapshot(): Snapshot {
  return tf === undefined
    ? { tensors: 0, backend: "none" }
    : { tensors: tf.memory().numTensors, backend: tf.getBackend() };
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
