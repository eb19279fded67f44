import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { needsAsync, opAsync } from "./errors.ts";
import { isHookdictError, tensorsOf } from "@hookdict/tensordict";
import { duringAll, duringAllAsync } from "../runs/runs.ts";
import { patchMethod } from "../targets/patch.ts";
import type { HookTarget } from "../targets/target.ts";
import type { GraphExecutor, GraphInputs, GraphModelLike } from "./graph-like.ts";
import { feedInputs } from "./input-slots.ts";
import { Leftovers } from "./leftovers.ts";
import { planRun } from "./needed.ts";
import { operationOf } from "./node-slots.ts";

/** The targets that watch a model, and what ends their watching. */
interface Watch {
  readonly roots: Set<HookTarget>;
  readonly restore: () => void;
}

type Outputs = string | string[] | undefined;

const watches = new WeakMap<GraphModelLike, Watch>();

/** Lets a target notice the runs of a model, or no longer. Every way of running a model comes down to two methods. */
export function watchRuns(
  model: GraphModelLike,
  executor: GraphExecutor,
  target: HookTarget,
  on: boolean,
): void {
  const watch = watches.get(model) ?? startWatch(model, executor);
  if (on) watch.roots.add(target);
  else watch.roots.delete(target);
  if (watch.roots.size > 0) return;
  watches.delete(model);
  watch.restore();
}

function startWatch(model: GraphModelLike, executor: GraphExecutor): Watch {
  const roots = new Set<HookTarget>();
  // oxlint-disable-next-line typescript/unbound-method -- called with the model as `this`
  const { execute, executeAsync } = model;
  const restores = [
    patchMethod(model, "execute", (inputs: GraphInputs, outputs: Outputs) => {
      const run = (): unknown => runSync(model, executor, inputs, outputs, execute.bind(model));
      return duringAll([...roots], run);
    }),
    patchMethod(model, "executeAsync", async (inputs: GraphInputs, outputs: Outputs) => {
      const run = async (): Promise<unknown> =>
        runAsync(model, executor, inputs, outputs, executeAsync.bind(model));
      return duringAllAsync([...roots], run);
    }),
  ];
  const watch = {
    roots,
    restore: () => {
      for (const restore of restores.reverse()) restore();
    },
  };
  watches.set(model, watch);
  return watch;
}

function runSync(
  model: GraphModelLike,
  executor: GraphExecutor,
  given: GraphInputs,
  outputs: Outputs,
  execute: GraphModelLike["execute"],
): unknown {
  const { needed, waiting } = planRun(model, executor, given, outputs);
  if (waiting !== undefined) throw needsAsync(waiting.name, operationOf(waiting).op);
  return atOnce(() =>
    tidy(() => execute(feedInputs(model, executor, given, needed).inputs, outputs) as Tensor | Tensor[]),
  );
}

async function runAsync(
  model: GraphModelLike,
  executor: GraphExecutor,
  given: GraphInputs,
  outputs: Outputs,
  executeAsync: GraphModelLike["executeAsync"],
): Promise<unknown> {
  const { needed, waiting, mayWait } = planRun(model, executor, given, outputs);
  const { inputs, made } = feedInputs(model, executor, given, needed);
  const leftovers = new Leftovers(executor);
  const speak = waiting === undefined && !mayWait ? undefined : silence(executor);
  let results: readonly Tensor[] = [];
  try {
    const output = await executeAsync(inputs, outputs);
    results = tensorsOf(output);
    return output;
  } catch (caught) {
    const error = isPromised(caught) ? opAsync(caught) : caught;
    await leftovers.free(tensorsOf(inputs));
    throw error;
  } finally {
    leftovers.stop();
    speak?.();
    for (const tensor of made) if (!results.includes(tensor)) tensor.dispose();
  }
}

/** tfjs-converter runs an operation that somebody has registered, and says so where it does not give its result at once. */
function isPromised(error: unknown): error is Error {
  // A hook that returns a promise is told as that.
  return error instanceof Error && !isHookdictError(error) && error.message.includes("returned a promise");
}

/** @throws UsageError `GRAPH_OP_ASYNC` */
function atOnce<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw isPromised(error) ? opAsync(error) : error;
  }
}

type Execute = (inputs: unknown, context: unknown, outputs: unknown, isFunction: boolean) => unknown;

/**
 * tfjs-converter warns of a graph that would not have had to wait, and takes hooked nodes for such. A graph that runs as
 * a function of another is not warned of.
 */
function silence(executor: GraphExecutor): () => void {
  const original = Reflect.get(executor, "executeWithControlFlow") as Execute;
  const silent = (inputs: unknown, context: unknown, outputs: unknown): unknown =>
    original.call(executor, inputs, context, outputs, true);
  return patchMethod(executor, "executeWithControlFlow", silent);
}
