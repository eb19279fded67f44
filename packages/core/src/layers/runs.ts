import type { HookSlot } from "../hooks/slot.ts";
import { releaseTape } from "../tensors/tape.ts";
import { type ContainerLike, isLayer } from "./layer-like.ts";
import { patchMethod } from "./patch.ts";

type Method = (this: object, ...args: unknown[]) => unknown;
/** Runs a function as one run of every target that watches the model. */
type During = <T>(fn: () => T) => T;

/** Methods of a model that are one run each, however many batches they take. */
const WHOLE = ["predict", "predictOnBatch", "evaluate", "execute", "testLoop"] as const;
/** Methods of a `tf.Sequential` that hand over to a model of its own, which it builds when it needs it. */
const DELEGATING = ["fit", "fitDataset", "trainOnBatch", "evaluateDataset"] as const;

/**
 * Notices the runs of a model: a prediction or an evaluation is one, and so is each step of training and each batch of
 * `evaluateDataset`, since these wait between batches. The targets are the slot's roots. Returns what stops it.
 */
export function watchRuns(model: ContainerLike, slot: HookSlot): () => void {
  const during: During = (fn) => slot.roots.reduceRight((next, root) => () => root.during(next), fn)();
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
    patch(
      model,
      name,
      (original) =>
        function (...args) {
          watchInner();
          return original.apply(this, args);
        },
    ),
  );
  return () => {
    for (const restore of restores.reverse()) restore();
    for (const restore of [...watched.values()].reverse()) restore();
  };
}

function patchRuns(container: object, during: During): () => void {
  const whole = WHOLE.map((name) =>
    patch(
      container,
      name,
      (original) =>
        function (...args) {
          return during(() => original.apply(this, args));
        },
    ),
  );
  const restores = [...whole, patchTraining(container, during), patchTesting(container, during)];
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}

/** `makeTrainFunction` returns what does one step; an exception there would leave the step's gradient tape behind. */
function patchTraining(container: object, during: During): () => void {
  return patch(
    container,
    "makeTrainFunction",
    (original) =>
      function (...args) {
        const step = original.apply(this, args) as (data: unknown) => unknown;
        return (data: unknown) => {
          try {
            return during(() => step(data));
          } catch (error) {
            releaseTape();
            throw error;
          }
        };
      },
  );
}

/** `makeTestFunction` leaves what tests one batch in `testFunction`. */
function patchTesting(container: object, during: During): () => void {
  const wrappers = new Map<unknown, unknown>();
  const restore = patch(
    container,
    "makeTestFunction",
    (original) =>
      function (...args) {
        const result = original.apply(this, args);
        const test = Reflect.get(container, "testFunction") as (data: unknown) => unknown;
        const wrapper = (data: unknown): unknown => during(() => test(data));
        wrappers.set(wrapper, test);
        Reflect.set(container, "testFunction", wrapper);
        return result;
      },
  );
  return () => {
    restore();
    const present: unknown = Reflect.get(container, "testFunction");
    if (wrappers.has(present)) Reflect.set(container, "testFunction", wrappers.get(present));
  };
}

function patch(object: object, name: string, wrap: (original: Method) => Method): () => void {
  const original: unknown = Reflect.get(object, name);
  return typeof original === "function"
    ? patchMethod(object, name, wrap(original as Method))
    : () => undefined; // another version of tfjs-layers may lack it
}
