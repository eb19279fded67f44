import { optionInvalid } from "@hookdict/contexts";
import { TensorDict } from "@hookdict/tensordict";
import { isTaping, keptClone } from "@hookdict/tensordict/tensors";
import { reshape, stack, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { jobAborted, methodNotDifferentiable } from "./errors.ts";
import { type Arguments, argumentsOf } from "./inputs.ts";
import { type AsyncAttributeOptions, type AttributeOptions, Job, type Progress, Shared } from "./job.ts";
import type { AttributionContext, Attributions, Computation } from "./method.ts";
import { isBackward, type Pass, type PassResult } from "./passes/pass.ts";
import { covers, nextRound, resultFor, type Round, type RoundResult } from "./passes/round.ts";
import { countPieces, piecesOf, type RoundRunner, runRound } from "./passes/run-round.ts";
import { registerSecondOrder } from "./second-order.ts";
import { scoreFor } from "./target.ts";

/** One method's work on one target. */
interface Running {
  readonly owner: AttributionContext;
  readonly computation: Computation;
  pass: Pass | undefined;
  found: Leaves | undefined;
  /** What it could have kept. */
  ways: readonly string[];
}

/** Results by key, kept. */
type Leaves = ReadonlyMap<readonly string[], Tensor>;

/** Somebody who wants a pass, and whose it is. */
export interface Member {
  readonly owner: AttributionContext;
  readonly pass: Pass;
}

/** What gives rounds their results. */
export interface Rounds {
  /** Whether nothing is run: values are no answers. */
  readonly isPlanned: boolean;
  /** **Ownership:** returns owned, kept. */
  run(runner: RoundRunner, round: Round, members: readonly Member[]): Generator<undefined, RoundResult>;
  /** Told of members that take what a round has given already. */
  share?(round: Round, members: readonly Member[]): void;
}

const theModel: Rounds = { isPlanned: false, run: runRound };

/** Attributes with several methods on one model, sharing equal passes. **Ownership:** returns owned, one for each. */
export function runJobs(
  contexts: readonly AttributionContext[],
  inputs: readonly unknown[],
  options: AttributeOptions,
  rounds: Rounds = theModel,
): TensorDict[] {
  const steps = drive(contexts, inputs, options, rounds);
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
  const onProgress = (progress: Progress): void => {
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

/** Sees to attributions that a gradient is taken of; returns what ends that. @throws UsageError `ATTRIBUTION_NOT_DIFFERENTIABLE` */
function checkTape(contexts: readonly AttributionContext[]): () => void {
  if (!isTaping()) return () => undefined;
  for (const { method } of contexts) if (!method.isDifferentiable) throw methodNotDifferentiable(method.name);
  return registerSecondOrder();
}

function* drive(
  contexts: readonly AttributionContext[],
  inputs: readonly unknown[],
  options: AttributeOptions,
  rounds: Rounds = theModel,
): Generator<undefined, TensorDict[]> {
  using args = argumentsOf(inputs, options.batchSize);
  const endTape = checkTape(contexts);
  const shared = new Shared(rounds.isPlanned);
  const running: Running[] = [];
  let runs = 0;
  try {
    for (const owner of contexts)
      for (const target of options.targets ?? [options.target])
        running.push(started(owner, new Job(owner, args, options, shared, scoreFor(target, args.batch))));
    for (const each of running) advance(each, undefined, options, args);
    for (let waiting = waitingOf(running); waiting.length > 0; waiting = waitingOf(running)) {
      const { round, members } = nextRound(waiting);
      const { done } = members[0]?.pass.within ?? shared;
      let given = done.find((each) => members.every((member) => covers(each.round, member)));
      if (given === undefined) {
        const others = waiting.filter((each) => !members.includes(each));
        const result = yield* rounds.run(
          {
            target: members[0]?.owner.target as AttributionContext["target"], // somebody waits
            args,
            listeners: [...new Set(members.map(({ owner }) => owner))],
            piece: options.internalBatchSize,
            onRun: (left) => {
              const later = runsLater(members, options) + runsOf(others, options);
              options.onProgress?.({ done: ++runs, total: runs + left + later });
            },
          },
          round,
          members,
        );
        given = { round, result };
        done.push(given);
      } else rounds.share?.(given.round, members);
      for (const each of members)
        advance(each, resultFor(each.pass, given.round, given.result), options, args);
      yield undefined;
    }
    checkKept(running, options);
    return contexts.map((owner) =>
      dictOf(
        running.filter((each) => each.owner === owner),
        options,
        args,
      ),
    );
  } finally {
    for (const { computation, found } of running) {
      computation.return(undefined as never); // ends one that is under way
      for (const tensor of found?.values() ?? []) tensor.dispose();
    }
    shared.dispose();
    endTape();
  }
}

function started(owner: AttributionContext, job: Job): Running {
  return { owner, computation: owner.method.compute(job), pass: undefined, found: undefined, ways: [] };
}

type Waiting = Running & { readonly pass: Pass };

function waitingOf(running: readonly Running[]): readonly Waiting[] {
  return running.filter((each): each is Waiting => each.pass !== undefined);
}

/** Runs that passes take which wait for others. */
function runsOf(waiting: readonly Waiting[], options: AttributeOptions): number {
  let runs = 0;
  for (let rest = waiting; rest.length > 0;) {
    const { round, members } = nextRound(rest);
    runs += piecesOf(round, options.internalBatchSize).length + runsLater(members, options);
    rest = rest.filter((each) => !members.includes(each));
  }
  return runs;
}

/** Runs that come after a round, as far as its members know; those of one method's targets run together. */
function runsLater(members: readonly Waiting[], { internalBatchSize }: AttributeOptions): number {
  const owners = new Set(members.map(({ owner }) => owner));
  let runs = 0;
  for (const owner of owners) {
    const own = members.filter((each) => each.owner === owner);
    for (const { rows, isPerTarget = false } of own[0]?.pass.later ?? [])
      runs += countPieces(rows, isPerTarget ? own.length : 1, internalBatchSize);
  }
  return runs;
}

function advance(
  running: Running,
  result: PassResult | undefined,
  options: AttributeOptions,
  args: Arguments,
): void {
  running.pass = undefined;
  tidy(() => {
    const step = running.computation.next(result as never); // the first `next` ignores it
    if (step.done !== true) {
      running.pass = checkedPass(step.value, args);
      return;
    }
    running.ways = Object.keys(step.value.ways ?? {});
    running.found = leavesOf(step.value, options.keep ?? []);
  });
}

/** A pass that wants gradients has a score: a method that asks otherwise is wrong. */
function checkedPass(pass: Pass, args: Arguments): Pass {
  if (isBackward(pass) && pass.score === undefined)
    throw new TypeError("gradients are asked for without a score");
  if (pass.inputs.length !== args.names.length) throw new TypeError("a pass lacks inputs");
  return pass;
}

/** @throws UsageError `OPTION_INVALID` for what no method computes on its way */
function checkKept(running: readonly Running[], { keep = [] }: AttributeOptions): void {
  const known = [...new Set(running.flatMap(({ ways }) => ways))];
  const unknown = keep.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const wanted = known.length === 0 ? "no names: nothing can be kept here" : `some of ${known.join(", ")}`;
  throw optionInvalid("attribute", "keep", unknown, wanted);
}

function leavesOf({ attr, extra = {}, ways = {} }: Attributions, keep: readonly string[]): Leaves {
  const leaves = new Map<readonly string[], Tensor>();
  for (const [place, value] of Object.entries(attr)) leaves.set(["attr", place], keptClone(value));
  for (const [name, value] of Object.entries(extra)) leaves.set([name], keptClone(value));
  for (const name of keep)
    for (const [place, value] of Object.entries(ways[name] ?? {}))
      leaves.set([name, place], keptClone(value));
  return leaves;
}

/** The results of one method, those of several targets put together. **Ownership:** returns owned. */
function dictOf(
  running: readonly Running[],
  options: AttributeOptions,
  { batchSize }: Arguments,
): TensorDict {
  const lists = running.map(({ found }) => [...(found ?? [])]); // all are done
  const dict = new TensorDict({}, { batchSize: [...batchSize] });
  try {
    for (const [i, [key]] of (lists[0] ?? []).entries()) {
      const tensors = lists.map((list) => list[i]?.[1] as Tensor); // methods give the same keys for each target
      dict.set(
        [...key],
        tidy(() => keptClone(shaped(tensors, options, batchSize))),
      );
    }
    return dict;
  } catch (error) {
    dict.dispose();
    throw error;
  }
}

function shaped(
  tensors: readonly Tensor[],
  { targets }: AttributeOptions,
  batchSize: readonly number[],
): Tensor {
  const [first] = tensors as [Tensor]; // there is a target
  const whole = targets === undefined ? first : stack([...tensors], 1);
  return batchSize.length === 1 ? whole : reshape(whole, [...batchSize, ...whole.shape.slice(1)]);
}
