import { resolveTarget } from "@hookdict/core";
import {
  counted,
  checkArgument,
  checkOptionNames,
  type Key,
  LINES,
  showAsText,
  type TensorDict,
} from "@hookdict/tensordict";
import { stepFailed, stepName, workflowAborted } from "./errors.ts";
import { checkKeys, neededBy, overlap, textOf } from "./keys.ts";
import { runGroup } from "./run-group.ts";
import { checkStep, isPass, outKeysOf, type PassStep, type WorkflowStep } from "./step.ts";

/** What a workflow would do, as plain data. */
export interface WorkflowPlan {
  /** Names of the steps that share a pass, or that stand alone, in their order. */
  readonly groups: readonly (readonly string[])[];
  /** How often models run. */
  readonly passes: number;
  /** How many passes sharing saves. */
  readonly shared: number;
}

/** Options of {@link Workflow.run}. */
export interface WorkflowRunOptions {
  /** Ends the run before the next group of steps; one that waits is waited for. */
  readonly signal?: { readonly aborted: boolean; readonly reason?: unknown };
  /** Called before each group of steps. */
  readonly onProgress?: (event: {
    readonly done: number;
    readonly total: number;
    readonly steps: readonly string[];
  }) => void;
}

/**
 * Steps over a TensorDict: each reads keys that are there and writes keys that are its own. All keys are checked before anything runs, passes
 * of one model on the same inputs that only look are shared, and a step that fails leaves everything as it was.
 *
 * @throws UsageError `WORKFLOW_STEP`, `WORKFLOW_NAME`
 * @example
 * const workflow = new Workflow([
 *   { name: "double", inKeys: ["x"], outKeys: ["y"], run: (x: Tensor) => [mul(x, 2)] },
 *   { name: "square", inKeys: ["y"], outKeys: ["y"], updates: ["y"], run: (y: Tensor) => [square(y)] },
 * ]);
 * using input = new TensorDict({ x: scalar(3) });
 * using output = await workflow.run(input);
 * output.get("y").dataSync()[0]; // => 36
 * [...input.keys()]; // => ["x"]
 */
export class Workflow {
  static {
    showAsText(this, formatWorkflow);
  }

  readonly steps: readonly WorkflowStep[];

  constructor(steps: readonly WorkflowStep[]) {
    checkArgument("Workflow", "steps", steps, "a list");
    steps.forEach(checkStep);
    const names = steps.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) < at);
    if (twice !== undefined) throw stepName(twice);
    this.steps = Object.freeze([...steps]);
  }

  /** Every key that steps read and none before them writes. */
  get inKeys(): readonly Key[] {
    return neededBy(this.steps);
  }

  /** What would run, and what is shared. No model is run, and they are afterwards as before. */
  plan(): WorkflowPlan {
    const groups = groupsOf(this.steps);
    const all = this.steps.filter(isPass).length;
    const passes = groups.filter(([first]) => first !== undefined && isPass(first)).length;
    return { groups: groups.map((group) => group.map(({ name }) => name)), passes, shared: all - passes };
  }

  /**
   * Checks the keys of an input against those of the steps: what is read is there, also below a run's captures, and nobody writes what another
   * has written, above it or below it.
   *
   * @throws KeyError `WORKFLOW_KEY_MISSING`; UsageError `WORKFLOW_KEY_OWNED`
   */
  check(input: TensorDict): void {
    checkArgument("Workflow.check", "input", input, "a TensorDict");
    checkKeys(this.steps, input);
  }

  /**
   * Runs all steps. **Ownership:** borrows the input, which stays as it is; returns owned: the input's entries, shared, and the steps'.
   *
   * @throws KeyError `WORKFLOW_KEY_MISSING`, `WORKFLOW_KEY_NOT_WRITTEN`; UsageError `WORKFLOW_KEY_OWNED`, `WORKFLOW_STEP_FAILED`; LifetimeError
   * `WORKFLOW_ABORTED`: nothing is left then
   */
  async run(input: TensorDict, options: WorkflowRunOptions = {}): Promise<TensorDict> {
    checkOptionNames("Workflow.run", options, ["onProgress", "signal"]);
    const { onProgress, signal } = options;
    this.check(input);
    const groups = groupsOf(this.steps);
    const total = groups.length;
    const data = input.clone(); // of the same kind
    const tell = (done: number, steps: readonly string[]): void => {
      if (signal?.aborted === true) throw workflowAborted(done, total, signal.reason);
      onProgress?.({ done, total, steps });
    };
    try {
      for (const [done, group] of groups.entries()) {
        const names = group.map(({ name }) => name);
        tell(done, names);
        try {
          await runGroup(group, data);
        } catch (error) {
          throw isOwn(error) ? error : stepFailed(names.join(" and "), error);
        }
      }
      tell(total, []);
      return data;
    } catch (error) {
      data.dispose();
      throw error;
    }
  }
}

function isOwn(error: unknown): boolean {
  return (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    error.code === "WORKFLOW_KEY_NOT_WRITTEN"
  );
}

/** Adjacent passes that can be one are together; every other step stands alone. */
function groupsOf(steps: readonly WorkflowStep[]): readonly (readonly WorkflowStep[])[] {
  const groups: WorkflowStep[][] = [];
  for (const step of steps) {
    const group = groups.at(-1);
    const first = group?.[0];
    const isShared =
      group !== undefined &&
      first !== undefined &&
      isPass(first) &&
      isPass(step) &&
      isSamePass(first, step) &&
      !group.some((other) => writes(other, step));
    if (isShared) group.push(step);
    else groups.push([step]);
  }
  return groups;
}

/** Whether one step reads what the other writes. */
function writes(first: WorkflowStep, second: WorkflowStep): boolean {
  return outKeysOf(first).some((written) => second.inKeys.some((key) => overlap(written, key)));
}

function isSamePass(a: PassStep, b: PassStep): boolean {
  if (a.call !== undefined || b.call !== undefined) return false;
  if (resolveTarget(a.model) !== resolveTarget(b.model)) return false;
  return a.inKeys.map(textOf).join() === b.inKeys.map(textOf).join() && onlyLooks(a) && onlyLooks(b);
}

/** Whether a factory changes nothing in a run. */
function onlyLooks({ factory, model }: PassStep): boolean {
  using hooked = factory.prepare(model);
  const { binding } = hooked.context;
  return !binding.target.stopsFor(binding) && binding.entries.every(({ kind }) => kind === "observe");
}

/** A line for each step, in at most one screen. */
function formatWorkflow({ steps }: Workflow): string {
  const shown = steps.slice(0, LINES - 2).map(({ name }) => `  ${name}`);
  const more = steps.length - shown.length;
  return [
    `Workflow of ${counted(steps.length, "step")}`,
    ...shown,
    ...(more > 0 ? [`  … ${more} more`] : []),
  ].join("\n");
}
