import { type BatchFunction, Guard } from "./guard.ts";
import { type Method, patch } from "../targets/patch.ts";
import type { During } from "../runs/runs.ts";
import { hookedStep } from "./train-step.ts";
import { guardValidationData, patchValidation } from "./validation.ts";

/** Makes each step of training one run, and a step that fails leave nothing behind. Returns what undoes it. */
export function patchTraining(model: object, during: During): () => void {
  let starting: Guard | undefined;
  const restores = [
    patch(model, "makeTrainFunction", (original) => {
      return function (...args) {
        const step = hookedStep(model, original.apply(this, args) as BatchFunction);
        const run: BatchFunction = (data) => during(() => step(data));
        return starting === undefined ? run : starting.wrap(run);
      };
    }),
    patch(model, "fitLoop", guardFitLoop),
    patch(model, "fitDataset", (original) => {
      return async function (...args) {
        const guard = trainingGuard(model);
        // It makes its train function before it waits for anything.
        starting = guard;
        const fitting = startFitDataset(original, this, args, guard);
        starting = undefined;
        return finish(model, guard, fitting);
      };
    }),
    patch(model, "trainOnBatch", guardTrainOnBatch),
    patchValidation(model),
  ];
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}

/** Where `fitLoop` takes its functions. */
const FIT_LOOP = { step: 0, callbacks: 6, test: 7 } as const;

function guardFitLoop(original: Method): Method {
  return async function (...args) {
    const guard = trainingGuard(this);
    const { step, callbacks, test } = FIT_LOOP;
    const guarded = [...args];
    guarded[step] = guard.wrap(args[step] as BatchFunction);
    guarded[callbacks] = guard.gate(args[callbacks]);
    if (typeof args[test] === "function") guarded[test] = guard.wrap(args[test] as BatchFunction);
    return finish(this, guard, original.apply(this, guarded));
  };
}

async function startFitDataset(
  original: Method,
  model: object,
  [dataset, given, ...rest]: readonly unknown[],
  guard: Guard,
): Promise<unknown> {
  if (typeof given !== "object" || given === null) return original.call(model, dataset, given, ...rest);
  const { callbacks, validationData } = given as Readonly<Record<string, unknown>>;
  const options = {
    ...given,
    ...(callbacks === undefined ? {} : { callbacks: guard.gate(callbacks) }),
    ...(validationData === undefined ? {} : { validationData: guardValidationData(validationData, guard) }),
  };
  return original.call(model, dataset, options, ...rest);
}

function guardTrainOnBatch(original: Method): Method {
  return async function (...args) {
    const guard = new Guard(this);
    const make = Reflect.get(this, "makeTrainFunction") as () => BatchFunction; // of the same model
    // Calls may overlap, so each has its own.
    const call: object = Object.create(this, {
      makeTrainFunction: { value: () => guard.wrap(make.call(this)) },
    });
    const losses = await original.apply(call, args);
    guard.close();
    return losses;
  };
}

/** Throws the error of the step that failed, with the model as a failed training of TensorFlow.js leaves it. */
async function finish(model: object, guard: Guard, training: unknown): Promise<unknown> {
  try {
    return await training;
  } finally {
    if (guard.hasFailed) stopTraining(model, false);
    guard.close();
  }
}

function trainingGuard(model: object): Guard {
  return new Guard(model, () => stopTraining(model, true));
}

function stopTraining(model: object, stop: boolean): void {
  Reflect.set(model, "stopTraining", stop);
}
