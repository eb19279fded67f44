import { clone, keep, type Tensor } from "@tensorflow/tfjs-core";
import { forEachHolder, forEachTensor, isTensor, isTensorDict } from "../values/structure.ts";
import { engineInternals, isTaping } from "./engine.ts";

// Every word for who holds a tensor; README.md beside this file has the rules.

/** Set on a tensor while a TensorDict owns it. */
const OWNED = Symbol.for("@hookdict/owned");

interface Owned {
  [OWNED]?: boolean;
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

/** Another handle, recorded where gradients are: what is computed from it counts for them. **Ownership:** as refClone. */
export function share(tensor: Tensor): Tensor {
  return isTaping() ? clone(tensor) : refClone(tensor);
}

/** A {@link share} that no scope frees. **Ownership:** borrows `tensor`; returns owned. */
export function keptClone(tensor: Tensor): Tensor {
  return keep(share(tensor));
}

/**
 * A tensor of the scope's own. A model frees its parts' outputs as soon as their last reader has run: what a hook has put
 * there from elsewhere must not go with them, and goes in as a clone (recorded for gradients, unlike a {@link refClone}).
 */
export function ownedBy(scope: number | undefined, tensor: Tensor): Tensor {
  return tensor.kept || tensor.scopeId !== scope ? clone(tensor) : tensor;
}

/** Whether a TensorDict owns the tensor. */
function isOwned(tensor: Tensor): boolean {
  return (tensor as Owned)[OWNED] === true;
}

/** Makes a tensor a TensorDict's own: no scope frees it. A tensor that one owns already is shared instead. */
export function adopt(tensor: Tensor): Tensor {
  const own: Tensor & Owned = isOwned(tensor) ? share(tensor) : tensor;
  own[OWNED] = true;
  return keep(own);
}

/** Gives a tensor up: whoever holds it now owns it. */
export function disown(tensor: Tensor): Tensor {
  (tensor as Owned)[OWNED] = false;
  return tensor;
}

/** A point in the order in which tensors are made, for {@link leaveToScope}. */
export function tensorMark(): number {
  return engineInternals().constructor.nextTensorId;
}

/**
 * Hands the tensors of a value's TensorDicts to the active scope, as single tensors are: a TensorDict keeps its own
 * alive, and nobody else knows of one that a run has made. Tensors older than the mark belong to somebody else.
 */
export function leaveToScope(value: unknown, since = 0): void {
  if (isTensor(value)) return; // mostly
  forEachHolder(value, (held) => {
    if (isTensorDict(held) && !held.isDisposed) forEachTensor(held, (tensor) => leave(tensor, since));
  });
}

function leave(tensor: Tensor, since: number): void {
  if (!tensor.kept || tensor.id < since) return;
  tensor.kept = false;
  engineInternals().track(tensor);
}

/** What a part of a model has given since the mark. */
interface Made {
  readonly value: unknown;
  readonly mark: number;
}

/** What the parts of models have given in the call under way, and where that has begun. */
let made: { readonly values: Made[]; readonly mark: number } | undefined;

/**
 * Takes note of what a part of a model has given: nothing else tells TensorDicts that a run has made from those that
 * somebody keeps.
 *
 * @param mark From where on its tensors are the run's. Default the beginning of the call.
 */
export function noteMade(value: unknown, mark?: number): void {
  if (made === undefined || typeof value !== "object" || value === null || isTensor(value)) return;
  made.values.push({ value, mark: mark ?? made.mark });
}

/**
 * Runs `fn` in the active scope, which then has the tensors of the TensorDicts that parts of models have given in there.
 * In a call inside of another, the outer one's has them.
 */
export function freeingMade<T>(fn: () => T): T {
  if (made !== undefined) return fn();
  const here = (made = { values: [], mark: tensorMark() });
  try {
    return fn();
  } finally {
    made = undefined;
    for (const { value, mark } of here.values) leaveToScope(value, mark);
  }
}
