import type { HookSlot } from "../hooks/slot.ts";
import { patchEvaluation } from "./evaluation.ts";
import { type ContainerLike, isLayer } from "./layer-like.ts";
import { type During, duringAll } from "../runs/runs.ts";
import { namingOutputs } from "./outputs.ts";
import { patch } from "../targets/patch.ts";
import { patchTraining } from "./training.ts";

/** Methods of a model that are one run each, however many batches they take. */
const WHOLE = ["predict", "predictOnBatch", "evaluate", "execute", "testLoop"] as const;
/** Methods of a `tf.Sequential` that hand over to a model of its own, which it builds when it needs it. */
const DELEGATING = ["fit", "fitDataset", "trainOnBatch", "evaluateDataset"] as const;

/**
 * Notices the runs of a model: a prediction or an evaluation is one, and so is each step of training and each batch of
 * `evaluateDataset`, since these wait between batches. The targets are the slot's roots. Returns what stops it.
 */
export function watchRuns(model: ContainerLike, slot: HookSlot): () => void {
  const during: During = (fn) => namingOutputs(() => duringAll(slot.roots, fn));
  const watched = new Map<object, () => void>();
  const watch = (container: object): void => {
    if (!watched.has(container)) watched.set(container, patchRuns(container, during));
  };
  const watchInner = (): void => {
    const inner: unknown = Reflect.get(model, "model");
    if (isLayer(inner)) watch(inner);
  };
  watch(model);
  watchInner();
  const restores = DELEGATING.map((name) =>
    patch(model, name, (original) => {
      return function (...args) {
        watchInner();
        return original.apply(this, args);
      };
    }),
  );
  return () => {
    for (const restore of restores.reverse()) restore();
    for (const restore of [...watched.values()].reverse()) restore();
  };
}

function patchRuns(container: object, during: During): () => void {
  const restores = WHOLE.map((name) =>
    patch(container, name, (original) => {
      return function (...args) {
        return during(() => original.apply(this, args));
      };
    }),
  );
  restores.push(patchEvaluation(container, during), patchTraining(container, during));
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}
