import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { type BatchFunction, Guard } from "./guard.ts";
import { type Method, patch } from "../targets/patch.ts";
import type { During } from "../runs/runs.ts";

/** Makes each batch that is tested one run, or a part of the evaluation under way. Returns what undoes it. */
export function patchEvaluation(model: object, during: During): () => void {
  const originals = new Map<unknown, unknown>();
  const restores = [
    patch(model, "makeTestFunction", (original) => {
      // It leaves what tests a batch in `testFunction`.
      return function (...args) {
        const result = original.apply(this, args);
        const test = Reflect.get(this, "testFunction") as BatchFunction; // just made
        const hooked: BatchFunction = (data) => during(() => test(data));
        originals.set(hooked, test);
        Reflect.set(this, "testFunction", hooked);
        return result;
      };
    }),
    patch(model, "evaluateDataset", guardEvaluateDataset),
  ];
  return () => {
    for (const restore of restores.reverse()) restore();
    const present: unknown = Reflect.get(model, "testFunction");
    if (originals.has(present)) Reflect.set(model, "testFunction", originals.get(present));
  };
}

function guardEvaluateDataset(original: Method): Method {
  return async function (...args) {
    const guard = new Guard(this);
    const make = Reflect.get(this, "makeTestFunction") as Method; // of the same model
    // Calls may overlap, so each has its own.
    const call: object = Object.create(this, {
      makeTestFunction: {
        value: () => {
          make.call(call);
          Reflect.set(call, "testFunction", guard.wrap(Reflect.get(call, "testFunction") as BatchFunction));
        },
      },
    });
    const result = await original.apply(call, args);
    if (guard.hasFailed) dispose(result as Tensor | Tensor[]);
    guard.close();
    return result;
  };
}
