import { TensorDict } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { tidy, type Tensor } from "@tensorflow/tfjs-core";
import { jobAborted, siteNeverFired } from "./errors.ts";
import { type Arguments, argumentsOf } from "./inputs.ts";
import type { AttributionContext, Attributions, Computation } from "./method.ts";
import { covers, isSamePass, joinPasses, type Pass, type PassResult } from "./passes/pass.ts";
import { disposeResult, type PassRunner, runPass } from "./passes/run-pass.ts";
import { type Score, scoreFor, type Target } from "./target.ts";

/** Options of one attribution. */
export interface AttributeOptions {
  /** What is explained; needed unless the output is one number per example. */
  readonly target?: Target;
  /** Rows (examples times steps or perturbations) that run at once. Default all. The result does not depend on it. */
  readonly internalBatchSize?: number;
  /** What was computed on the way and is wanted, too: `"gradients"`, `"values"`, ... */
  readonly keep?: readonly string[];
  /** Called after each run of the model with the number of runs done. */
  readonly onProgress?: (progress: { readonly done: number }) => void;
}

/** Options of one attribution that waits. */
export interface AsyncAttributeOptions extends AttributeOptions {
  readonly signal?: AbortSignalLike;
}

/** What is needed of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
}

/** What methods that run together share: tensors made of the same inputs, so that their passes are equal. */
class Shared {
  readonly owned: Tensor[] = [];
  readonly #made = new Map<string, Tensor>();
  readonly done: { pass: Pass; result: PassResult }[] = [];

  own<T extends Tensor>(tensor: T): T {
    const kept = keptClone(tensor) as T; // a clone has its type
    this.owned.push(kept);
    return kept;
  }

  memo(key: string, make: () => Tensor): Tensor {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = this.own(tidy(make));
    this.#made.set(key, made);
    return made;
  }

  dispose(): void {
    for (const { result } of this.done) disposeResult(result);
    for (const tensor of this.owned) tensor.dispose();
  }
}

/** One method's work on one batch: what {@link AttributionMethod.compute} gets. */
export class Job {
  readonly args: Arguments;
  readonly score: Score;
  readonly context: AttributionContext;
  readonly options: AttributeOptions;
  readonly #shared: Shared;

  constructor(
    context: AttributionContext,
    args: Arguments,
    options: AttributeOptions,
    shared: Shared,
    score?: Score,
  ) {
    this.context = context;
    this.args = args;
    this.options = options;
    this.score = score ?? scoreFor(options.target, args.batch);
    if (this.score.site !== undefined) context.hear(this.score.site);
    this.#shared = shared;
  }

  /** The same work on other inputs, such as copies of the batch: targets count on over copies. */
  withInputs(tensors: readonly Tensor[]): Job {
    const { args: own } = this;
    const args: Arguments = {
      names: own.names,
      tensors,
      batch: tensors[0]?.shape[0] ?? 0,
      pack: (given) => own.pack(given),
    };
    return new Job(this.context, args, this.options, this.#shared, this.score);
  }

  get batch(): number {
    return this.args.batch;
  }

  /** Names of the places to which the target is attributed: float inputs, or sites. */
  get places(): readonly string[] {
    return this.context.places ?? this.args.names.filter((_, i) => this.args.tensors[i]?.dtype === "float32");
  }

  get isAtInputs(): boolean {
    return this.context.places === undefined;
  }

  /** A checked target for this batch, whose site passes look at. */
  scoreFor(target: Target): Score {
    const score = scoreFor(target, this.batch);
    if (score.site !== undefined) this.context.hear(score.site);
    return score;
  }

  /** An input by its name. */
  input(name: string): Tensor {
    const tensor = this.args.tensors[this.args.names.indexOf(name)];
    if (tensor === undefined) throw siteNeverFired(name);
    return tensor;
  }

  /** Keeps a tensor beyond the step that made it, until the job is done. */
  own<T extends Tensor>(tensor: T): T {
    return this.#shared.own(tensor);
  }

  /** A tensor that the methods running together make once. Keys tell what it is made of. */
  memo(key: string, make: () => Tensor): Tensor {
    return this.#shared.memo(key, make);
  }
}

interface Running {
  readonly computation: Computation;
  readonly context: AttributionContext;
  pending: Pass | undefined;
  result: TensorDict | undefined;
}

/** Attributes with several methods on one model, sharing equal passes. **Ownership:** returns owned, one for each. */
export function runJobs(
  contexts: readonly AttributionContext[],
  inputs: readonly unknown[],
  options: AttributeOptions,
): TensorDict[] {
  const steps = drive(contexts, inputs, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** {@link runJobs} that waits between runs of the model. */
export async function runJobsAsync(
  contexts: readonly AttributionContext[],
  inputs: readonly unknown[],
  options: AsyncAttributeOptions,
): Promise<TensorDict[]> {
  let done = 0;
  const onProgress = (progress: { readonly done: number }): void => {
    done = progress.done;
    options.onProgress?.(progress);
  };
  const steps = drive(contexts, inputs, { ...options, onProgress });
  try {
    for (;;) {
      if (options.signal?.aborted === true) throw jobAborted(done, options.signal.reason);
      const step = steps.next();
      if (step.done === true) return step.value;
      await new Promise<void>((resolve) => setTimeoutLike(resolve));
    }
  } finally {
    steps.return([]);
  }
}

/** A turn of the event loop, in browsers and in Node. */
function setTimeoutLike(fn: () => void): void {
  (globalThis as unknown as { setTimeout(fn: () => void, ms: number): void }).setTimeout(fn, 0); // no `dom` here
}

function* drive(
  contexts: readonly AttributionContext[],
  inputs: readonly unknown[],
  options: AttributeOptions,
): Generator<undefined, TensorDict[]> {
  const args = argumentsOf(inputs);
  const shared = new Shared();
  const running: Running[] = [];
  let runs = 0;
  let isDone = false;
  try {
    for (const context of contexts) {
      const computation = context.method.compute(new Job(context, args, options, shared));
      running.push({ computation, context, pending: undefined, result: undefined });
    }
    for (const each of running) advance(each, undefined, options, args.batch);
    while (running.some(({ pending }) => pending !== undefined)) {
      const round = nextRound(running);
      const known = shared.done.find(({ pass }) =>
        round.members.every((m) => covers(pass, m.pending as Pass)),
      );
      let result = known?.result;
      if (result === undefined) {
        const runner: PassRunner = {
          target: round.members[0]?.context.target as PassRunner["target"],
          args,
          listeners: round.members.map(({ context }) => context),
          piece: options.internalBatchSize,
          onRun: () => options.onProgress?.({ done: ++runs }),
        };
        result = yield* runPass(runner, round.pass);
        shared.done.push({ pass: round.pass, result });
      }
      for (const each of round.members) advance(each, result, options, args.batch);
      yield undefined;
    }
    isDone = true;
    return running.map(({ result }) => result as TensorDict); // all are done
  } finally {
    for (const { computation, result } of running) {
      computation.return(undefined as never); // ends one that is under way
      if (!isDone) result?.dispose();
    }
    shared.dispose();
  }
}

/** The passes that are equal to the first that waits, as one. */
function nextRound(running: readonly Running[]): { pass: Pass; members: readonly Running[] } {
  const waiting = running.filter(({ pending }) => pending !== undefined);
  let pass = waiting[0]?.pending as Pass; // somebody waits
  const members: Running[] = [];
  for (const each of waiting) {
    const { pending } = each;
    if (pending === undefined || (pending !== pass && members.length > 0 && !isSamePass(pass, pending)))
      continue;
    pass = members.length === 0 ? pending : joinPasses(pass, pending);
    members.push(each);
  }
  return { pass, members };
}

function advance(
  running: Running,
  result: PassResult | undefined,
  options: AttributeOptions,
  batch: number,
): void {
  running.pending = undefined;
  tidy(() => {
    const step = running.computation.next(result as never); // the first `next` ignores it
    if (step.done === true) running.result = dictOf(step.value, options.keep ?? [], batch);
    else running.pending = step.value;
  });
}

function dictOf(
  { attr, extra = {}, ways = {} }: Attributions,
  keep: readonly string[],
  batch: number,
): TensorDict {
  const dict = new TensorDict({}, { batchSize: [batch] });
  try {
    for (const [place, value] of Object.entries(attr)) dict.set(["attr", place], keptClone(value));
    for (const [name, value] of Object.entries(extra)) dict.set(name, keptClone(value));
    for (const name of keep)
      for (const [place, value] of Object.entries(ways[name] ?? {}))
        dict.set([name, place], keptClone(value));
    return dict;
  } catch (error) {
    dict.dispose();
    throw error;
  }
}
