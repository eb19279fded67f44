import { type Hookable, type HookedModule, resolveTarget } from "@hookdict/core";
import type { Key } from "@hookdict/tensordict";
import type { HookingContext } from "../context.ts";
import { HookingContextFactory } from "../factory.ts";
import { stepInvalid } from "./errors.ts";

interface StepKeys {
  /** Unique in its workflow. */
  readonly name: string;
  /** What it reads. */
  readonly inKeys: readonly Key[];
  /** Those of its out keys that are there before it, and that it may replace. Default none. */
  readonly updates?: readonly Key[];
}

/** A step that computes. */
export interface ComputeStep extends StepKeys {
  /** What it writes. */
  readonly outKeys: readonly Key[];
  /**
   * Gives what belongs under each out key, in their order. **Ownership:** borrows the inputs, in the order of the in keys; what it
   * returns is taken. What it makes on the way is freed; one that waits frees by itself what it has made.
   */
  readonly run: (...inputs: never[]) => readonly unknown[] | Promise<readonly unknown[]>;
}

/** A step that runs a model under a context. */
export interface PassStep extends StepKeys {
  readonly model: Hookable;
  readonly factory: HookingContextFactory<HookingContext>;
  /** Key of the model's output; left out, it is freed. */
  readonly output?: Key;
  /** Name of the run, under which its captures stand: `[run, direction, path]`. Left out, they are freed. */
  readonly run?: string;
  /** Runs the model otherwise than by a call with the inputs: backward, say. It may wait. **Ownership:** as `run` of a step that computes. */
  readonly call?: (
    hooked: HookedModule<readonly unknown[], unknown, HookingContext>,
    ...inputs: never[]
  ) => unknown;
}

/** One step of a {@link Workflow}. */
export type WorkflowStep = ComputeStep | PassStep;

export function isPass(step: WorkflowStep): step is PassStep {
  return "factory" in step;
}

/** @throws UsageError `WORKFLOW_STEP` */
export function checkStep(step: unknown, at: number): void {
  if (typeof step !== "object" || step === null)
    throw stepInvalid(at, "itself", step, "{ name, inKeys, ... }");
  const { name, inKeys, outKeys, updates = [], run, factory, model, output, call } = step as Given;
  if (typeof name !== "string" || name === "") throw stepInvalid(at, "its name", name, "a text");
  if (!areKeys(inKeys)) throw stepInvalid(at, "its inKeys", inKeys, "a list of keys");
  if (!areKeys(updates)) throw stepInvalid(at, "its updates", updates, "a list of keys");
  if (factory === undefined) {
    if (!areKeys(outKeys))
      throw stepInvalid(at, "its outKeys", outKeys, "a list of keys, or a model and a factory");
    if (typeof run !== "function")
      throw stepInvalid(at, "its run", run, "a function of the values under the in keys");
  } else {
    if (!(factory instanceof HookingContextFactory))
      throw stepInvalid(at, "its factory", factory, "a factory, before it is prepared");
    if (run !== undefined && (typeof run !== "string" || run === ""))
      throw stepInvalid(at, "its run", run, "a name for its captures");
    if (output !== undefined && !isKey(output)) throw stepInvalid(at, "its output", output, "a key");
    if (call !== undefined && typeof call !== "function")
      throw stepInvalid(
        at,
        "its call",
        call,
        "a function of the hooked model and the values under the in keys",
      );
    resolveTarget(model as Hookable);
  }
  const own = outKeysOf(step as WorkflowStep).map((key) => JSON.stringify([key].flat()));
  if (!updates.every((key) => own.includes(JSON.stringify([key].flat()))))
    throw stepInvalid(at, "its updates", updates, "keys that it writes, too");
}

type Given = Readonly<Record<string, unknown>>;

function isKey(value: unknown): value is Key {
  const isName = (part: unknown): boolean => typeof part === "string" && part !== "";
  return isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName));
}

function areKeys(value: unknown): value is readonly Key[] {
  return Array.isArray(value) && value.every(isKey);
}

/** What a step writes. A run's captures are one key: their names are known once they are made. */
export function outKeysOf(step: WorkflowStep): readonly Key[] {
  if (!isPass(step)) return step.outKeys;
  return [...(step.output === undefined ? [] : [step.output]), ...(step.run === undefined ? [] : [step.run])];
}
