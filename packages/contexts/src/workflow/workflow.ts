import { type Hookable, resolveTarget } from "@hookdict/core";
import { checkArgument, isTensor, type Key, type TensorDict, tensorsOf } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { dispose } from "@tensorflow/tfjs-core";
import { compose, type ComposedContext } from "../compose.ts";
import { keyMissing, keyNotWritten, keyOwned, stepFailed, stepInvalid, stepName } from "./errors.ts";
import { type ComputeStep, isPass, outKeysOf, type PassStep, type WorkflowStep } from "./step.ts";

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
    const written = new Set<string>();
    const needed = new Map<string, Key>();
    for (const step of this.steps) {
      for (const key of [...step.inKeys, ...(step.updates ?? [])])
        if (!isWritten(written, key)) needed.set(JSON.stringify(key), key);
      for (const key of outKeysOf(step)) written.add(JSON.stringify(key));
    }
    return [...needed.values()];
  }

  /** What would run, and what is shared. No model is run, and they are afterwards as before. */
  plan(): WorkflowPlan {
    const groups = groupsOf(this.steps);
    const all = this.steps.filter(isPass).length;
    const passes = groups.filter(([first]) => first !== undefined && isPass(first)).length;
    return { groups: groups.map((group) => group.map(({ name }) => name)), passes, shared: all - passes };
  }

  /**
   * Checks the keys of an input against those of the steps.
   *
   * @throws KeyError `WORKFLOW_KEY_MISSING`; UsageError `WORKFLOW_KEY_OWNED`
   */
  check(input: TensorDict): void {
    const owners = new Map<string, string>();
    for (const step of this.steps) {
      for (const key of step.inKeys) {
        if (isWritten(new Set(owners.keys()), key) || input.has(key)) continue;
        throw keyMissing(step.name, key, [
          ...input.keys({ nested: true, leavesOnly: true }),
          ...[...owners.keys()].map((text) => JSON.parse(text) as Key),
        ]);
      }
      const updates = new Set((step.updates ?? []).map((key) => JSON.stringify(key)));
      for (const key of outKeysOf(step)) {
        const text = JSON.stringify(key);
        const owner = owners.get(text) ?? (input.has(key) ? "the input" : undefined);
        if (owner !== undefined && !updates.has(text)) throw keyOwned(step.name, key, owner);
        owners.set(text, `the step ${step.name}`);
      }
    }
  }

  /**
   * Runs all steps. **Ownership:** borrows the input, which stays as it is; returns owned: the input's entries, shared, and the steps'.
   *
   * @throws KeyError `WORKFLOW_KEY_MISSING`, `WORKFLOW_KEY_NOT_WRITTEN`; UsageError `WORKFLOW_KEY_OWNED`, `WORKFLOW_STEP_FAILED`: nothing is
   * left then
   */
  async run(input: TensorDict, { onProgress }: WorkflowRunOptions = {}): Promise<TensorDict> {
    this.check(input);
    const groups = groupsOf(this.steps);
    const data = input.clone(); // of the same kind
    try {
      for (const [done, group] of groups.entries()) {
        const names = group.map(({ name }) => name);
        onProgress?.({ done, total: groups.length, steps: names });
        const [first] = group;
        try {
          if (first !== undefined && !isPass(first)) await compute(first, data);
          else runPasses(group as readonly PassStep[], data);
        } catch (error) {
          throw isOwn(error) ? error : stepFailed(names.join(" and "), error);
        }
      }
      onProgress?.({ done: groups.length, total: groups.length, steps: [] });
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

/** Whether a key, or one above it, has been written. */
function isWritten(written: ReadonlySet<string>, key: Key): boolean {
  const path = typeof key === "string" ? [key] : key;
  return path.some((_, at) => {
    const above = path.slice(0, at + 1);
    return (
      written.has(JSON.stringify(above)) || (above.length === 1 && written.has(JSON.stringify(above[0])))
    );
  });
}

function checkStep(step: unknown, at: number): void {
  if (typeof step !== "object" || step === null)
    throw stepInvalid(at, "itself", step, "{ name, inKeys, ... }");
  const { name, inKeys, outKeys, run, factory, model } = step as Readonly<Record<string, unknown>>;
  if (typeof name !== "string" || name === "") throw stepInvalid(at, "its name", name, "a text");
  if (!Array.isArray(inKeys)) throw stepInvalid(at, "its inKeys", inKeys, "a list of keys");
  if (factory === undefined) {
    if (!Array.isArray(outKeys))
      throw stepInvalid(at, "its outKeys", outKeys, "a list of keys, or a model and a factory");
    if (typeof run !== "function")
      throw stepInvalid(at, "its run", run, "a function of the values under the in keys");
  } else resolveTarget(model as Hookable);
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
  const written = new Set(outKeysOf(first).map((key) => JSON.stringify(key)));
  return second.inKeys.some((key) => isWritten(written, key));
}

function isSamePass(a: PassStep, b: PassStep): boolean {
  if (a.call !== undefined || b.call !== undefined) return false;
  if (resolveTarget(a.model) !== resolveTarget(b.model)) return false;
  return JSON.stringify(a.inKeys) === JSON.stringify(b.inKeys) && onlyLooks(a) && onlyLooks(b);
}

/** Whether a factory changes nothing in a run. */
function onlyLooks({ factory, model }: PassStep): boolean {
  using hooked = factory.prepare(model);
  const { binding } = hooked.context;
  return !binding.target.stopsFor(binding) && binding.entries.every(({ kind }) => kind === "observe");
}

async function compute(step: ComputeStep, data: TensorDict): Promise<void> {
  const inputs = step.inKeys.map((key) => data.get<never>(key));
  const found = await step.run(...inputs);
  const list = Array.isArray(found) ? (found as readonly unknown[]) : [];
  const missing = step.outKeys.findIndex((_, at) => list[at] === undefined);
  if (missing >= 0) {
    for (const each of list) dispose(tensorsOf(each));
    throw keyNotWritten(step.name, step.outKeys[missing]);
  }
  step.outKeys.forEach((key, at) => void data.set(key, owned(list[at], inputs) as never));
}

/** A value that is an input as well is shared: the data has it already. */
function owned(value: unknown, inputs: readonly unknown[]): unknown {
  return isTensor(value) && inputs.includes(value) ? keptClone(value) : value;
}

/** One pass for all the steps. */
function runPasses(steps: readonly PassStep[], data: TensorDict): void {
  const [first] = steps as readonly [PassStep]; // a group has one
  const inputs = first.inKeys.map((key) => data.get<never>(key));
  using hooked = compose(...steps.map(({ factory }) => factory)).prepare(first.model);
  const call = first.call ?? ((model, ...args) => model.call(...(args as readonly unknown[])));
  const output = call(hooked, ...inputs);
  try {
    steps.forEach((step, at) => keep(step, hooked.context, at, output, data));
  } finally {
    dispose(tensorsOf(output));
  }
}

function keep(step: PassStep, context: ComposedContext, at: number, output: unknown, data: TensorDict): void {
  if (step.output !== undefined) {
    if (!isTensor(output)) throw keyNotWritten(step.name, step.output);
    data.set(step.output, keptClone(output));
  }
  if (step.run === undefined) return;
  const part = context.parts[at] as { takeCache?: () => TensorDict } | undefined;
  if (part?.takeCache === undefined) throw keyNotWritten(step.name, step.run);
  data.set(step.run, part.takeCache() as never); // a TensorDict below one
}
