import type { Tensor } from "@tensorflow/tfjs-core";
import { isTensor } from "@hookdict/tensordict";
import type { Guard } from "./guard.ts";
import { patch } from "../targets/patch.ts";

/** Guards of the trainings under way, by the object that stands for their validation data. */
const guards = new WeakMap<object, Guard>();

/** The same validation data, told apart from the user's own, so that evaluating it belongs to the training. */
export function guardValidationData(data: unknown, guard: Guard): unknown {
  if (Array.isArray(data)) {
    const [inputs, ...targets] = data as readonly unknown[];
    const own = isTensor(inputs) ? [inputs] : copyOf(inputs);
    guards.set(own, guard);
    return [own, ...targets];
  }
  if (typeof data !== "object" || data === null || !("iterator" in data)) return data;
  const { iterator } = data;
  if (typeof iterator !== "function") return data;
  const own = { iterator: (): unknown => Reflect.apply(iterator, data, []) };
  guards.set(own, guard);
  return own;
}

function copyOf(inputs: unknown): object {
  return Array.isArray(inputs) ? [...(inputs as readonly unknown[])] : { ...(inputs as object) }; // by name
}

/** Makes a validation that fails one of its training's batches. Returns what undoes it. */
export function patchValidation(model: object): () => void {
  const restores = [
    patch(model, "evaluate", (original) => {
      return function (...args) {
        const guard = guardOf(args[0]);
        const evaluate = (): unknown => original.apply(this, args);
        return guard === undefined ? evaluate() : guard.wrap(() => listOf(evaluate()))(undefined);
      };
    }),
    patch(model, "evaluateDataset", (original) => {
      return async function (...args) {
        const guard = guardOf(args[0]);
        const evaluate = async (): Promise<unknown> => original.apply(this, args);
        return guard === undefined ? evaluate() : guard.attempt(async () => listOf(await evaluate()));
      };
    }),
  ];
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}

function guardOf(data: unknown): Guard | undefined {
  return typeof data === "object" && data !== null ? guards.get(data) : undefined;
}

/** The loss alone, or with metrics, as TensorFlow.js gives it. */
function listOf(result: unknown): readonly Tensor[] {
  return (Array.isArray(result) ? result : [result]) as readonly Tensor[];
}
