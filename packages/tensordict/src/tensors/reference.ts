import { clone, engine, keep, type DataId, type DataType, type Tensor } from "@tensorflow/tfjs-core";

/** What we use of the engine beyond its declared type; the same in every 2.x to 4.x release of tfjs-core. */
interface EngineInternals {
  track(tensor: Tensor): Tensor;
  readonly constructor: { readonly nextTensorId: number };
  makeTensorFromTensorInfo(info: { dataId: DataId; shape: number[]; dtype: DataType }): Tensor;
  readonly state: {
    readonly tensorInfo: { get(id: DataId): { readonly backend: RefCounting } | undefined };
    readonly gradientDepth: number;
    readonly kernelDepth: number;
    readonly activeScope: { readonly id: number; readonly track: readonly Tensor[] } | null;
    /** Absent before the first gradient, and `null` after a gradient. */
    activeTape?: Tape | null;
  };
}

/** What gradients are computed from: each operation with its outputs and with what it has saved for its gradient. */
export type Tape = readonly { readonly outputs: readonly Tensor[]; readonly saved?: readonly Tensor[] }[];

interface RefCounting {
  readSync(id: DataId): unknown;
  incRef(id: DataId): void;
}

/** The engine with the internals named above. */
export function engineInternals(): EngineInternals {
  return engine() as unknown as EngineInternals; // declared private or narrower than it is
}

/**
 * Another handle on the same data: 0.3 µs instead of the 2 to 6 µs of `tf.clone`, because no kernel runs. It is not
 * recorded on a gradient tape, so it is for looking, not for computing through.
 *
 * **Ownership:** borrows `tensor`; returns owned (the active scope frees it, as it would any new tensor).
 */
export function refClone(tensor: Tensor): Tensor {
  const internals = engineInternals();
  const { dataId, shape, dtype } = tensor;
  // A tensor may live on another backend than the active one; its own backend counts its references.
  internals.state.tensorInfo.get(dataId)?.backend.incRef(dataId);
  return internals.makeTensorFromTensorInfo({ dataId, shape: shape.slice(), dtype });
}

/** Whether operations are being recorded for a gradient, ours or the user's own. */
export function isTaping(): boolean {
  const { state } = engineInternals();
  return state.gradientDepth > 0 && state.kernelDepth === 0;
}

/** The scope that frees what is made now. */
export function activeScope(): number | undefined {
  return engineInternals().state.activeScope?.id;
}

/**
 * A tensor of the scope's own. A model frees its parts' outputs as soon as their last reader has run: what a hook has put
 * there from elsewhere must not go with them, and goes in as a clone (recorded for gradients, unlike a {@link refClone}).
 */
export function ownedBy(scope: number | undefined, tensor: Tensor): Tensor {
  return tensor.kept || tensor.scopeId !== scope ? clone(tensor) : tensor;
}

/** Another handle, recorded where gradients are: what is computed from it counts for them. **Ownership:** as refClone. */
export function share(tensor: Tensor): Tensor {
  return isTaping() ? clone(tensor) : refClone(tensor);
}

/** A {@link share} that no scope frees. **Ownership:** borrows `tensor`; returns owned. */
export function keptClone(tensor: Tensor): Tensor {
  return keep(share(tensor));
}
