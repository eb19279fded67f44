import type { Hookable, HookedModule } from "@hookdict/core";
import type { Key } from "@hookdict/tensordict";
import type { HookingContext } from "../context.ts";
import type { HookingContextFactory } from "../factory.ts";

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
   * returns is taken.
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
  /** Runs the model otherwise than by a call with the inputs: backward, say. **Ownership:** borrows the inputs, returns owned or nothing. */
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

/** What a step writes. A run's captures are one key: their names are known once they are made. */
export function outKeysOf(step: WorkflowStep): readonly Key[] {
  if (!isPass(step)) return step.outKeys;
  return [...(step.output === undefined ? [] : [step.output]), ...(step.run === undefined ? [] : [step.run])];
}
