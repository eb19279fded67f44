import { type Hook, type HookKind, type HookOrder } from "@hookdict/core";
import { isHookdictError, mapTensors } from "@hookdict/tensordict";
import type { HookingContextWithCache } from "@hookdict/contexts";
import { add, expandDims, fill, keep, mean, mul, type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Part } from "./contexts.ts";
import type { Effect } from "./model.ts";
import type { FuzzSubject } from "./subjects.ts";

/** What a hook may act on. */
export interface Surroundings {
  readonly order: HookOrder;
  readonly part: Part;
  /** Absent for a hook that belongs to the model. */
  readonly context: HookingContextWithCache | undefined;
  readonly subject: FuzzSubject;
}

export function kindOf({ kind }: Effect): HookKind {
  if (kind === "stop") return "stop";
  return ["capture", "proxy", "add", "remove", "end", "throw", "promise"].includes(kind)
    ? "observe"
    : "replace";
}

/** The hook that has an effect. */
export function hookOf(effect: Effect, around: Surroundings): Hook {
  const run = runOf(effect, around);
  return {
    order: around.order,
    unfired: "ignore",
    kind: kindOf(effect),
    run: (value: unknown) => run(value),
  };
}

function runOf(effect: Effect, { part, context, subject }: Surroundings): (value: unknown) => unknown {
  switch (effect.kind) {
    case "affine":
      return (value) => mapFloats(value, (x) => add(mul(x, effect.by), effect.plus));
    case "put": {
      const held = new Map<string, Tensor>();
      const hold = ({ shape }: Tensor): Tensor => {
        const known = held.get(shape.join());
        if (known !== undefined) return known;
        const made = keep(fill(shape, effect.value));
        held.set(shape.join(), made);
        subject.held.push(made);
        return made;
      };
      return (value) => mapFloats(value, effect.isForeign ? hold : ({ shape }) => fill(shape, effect.value));
    }
    case "reenter":
      return (value) => {
        const average = averageOf(subject);
        return average === undefined ? undefined : mapFloats(value, (x) => add(x, average));
      };
    case "add": {
      let isAdded = false;
      const { pattern, direction, effect: added } = effect.added;
      return () => {
        if (isAdded || context === undefined) return;
        isAdded = true;
        const around = { order: "normal", part, context, subject } as const;
        part.handles.push(
          added.kind === "capture"
            ? context.capture(pattern, direction)
            : context.hook(pattern, direction, hookOf(added, around)),
        );
      };
    }
    case "remove":
      return () => part.handles[0]?.dispose();
    case "end":
      return () => context?.dispose();
    case "stop":
      return () => undefined;
    case "throw":
      return () => {
        throw new RangeError("hook");
      };
    case "misfit":
      return (value) => (Array.isArray(value) ? [] : expandDims(value as Tensor)); // or a tuple
    case "promise":
      return () => Promise.reject(new RangeError("later"));
    case "dead":
      return (value) => {
        const made = fill([1], 0);
        made.dispose();
        return Array.isArray(value) ? [] : made;
      };
    default:
      throw new TypeError(`${effect.kind} is registered otherwise`);
  }
}

/** Whether a hook calls the model. Hooks that are called by that add 1 instead: there would be very many calls. */
let isNested = false;

/** Runs the model and reads the mean of what it gives; `undefined` when that run is stopped. */
function averageOf({ part }: FuzzSubject): number | undefined {
  if (isNested) return 1;
  isNested = true;
  try {
    return tidy(() => mean(part()).dataSync()[0]);
  } catch (error) {
    if (isHookdictError(error) && error.code === "RUN_STOPPED") return undefined;
    throw error;
  } finally {
    isNested = false;
  }
}

export function mapFloats(value: unknown, change: (x: Tensor) => Tensor): unknown {
  return mapTensors(value, (x) => (x.dtype === "float32" ? change(x) : x));
}
