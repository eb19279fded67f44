import { isTensor } from "@hookdict/tensordict";
import { graphInputs } from "./errors.ts";
import type { GraphExecutor, GraphInputs, GraphModelLike, GraphNode } from "./graph-like.ts";
import { checkCall, inputsText, nodeNamed } from "./inputs.ts";
import { operationOf } from "./node-slots.ts";
import { waits } from "./ops.ts";

/** What a run of a graph comes to. */
export interface RunPlan {
  /** The nodes that the outputs depend on, down to what is fed. */
  readonly needed: ReadonlySet<GraphNode>;
  /** The first among them for which the run must wait. */
  readonly waiting: GraphNode | undefined;
  /** Whether somebody registered an operation among theirs: it may return a promise, which nothing tells. */
  readonly mayWait: boolean;
}

/** What is the same whatever is hooked. */
interface Walked extends RunPlan {
  /** Those that are fed and would give their result later. */
  readonly fedWaiting: readonly GraphNode[];
  /** Whether it needs a placeholder that nothing is given for. */
  readonly missing: boolean;
}

/** Plans by graph, for graphs do not change; a graph is run with few combinations of names. */
const plans = new WeakMap<object, Map<string, Walked>>();

/**
 * What computing `outputs` (the model's own by default) from `inputs` needs.
 *
 * @throws what `checkCall` does, ShapeError `GRAPH_INPUTS` for inputs that are missing
 */
export function planRun(
  model: GraphModelLike,
  executor: GraphExecutor,
  inputs: GraphInputs,
  outputs: string | readonly string[] | undefined,
): RunPlan {
  checkCall(model, executor, inputs, outputs);
  const { graph } = executor;
  const isNamed = !isTensor(inputs) && !Array.isArray(inputs);
  const fed = isNamed ? Object.keys(inputs) : [...model.inputNodes];
  const asked = outputs === undefined ? [...model.outputNodes] : [outputs].flat();
  const known = plans.get(graph) ?? new Map<string, Walked>();
  plans.set(graph, known);
  const key = JSON.stringify([fed, asked]);
  const plan = known.get(key) ?? walk(executor, fed, asked);
  if (plan.missing) throw graphInputs(inputs, inputsText(executor));
  known.set(key, plan);
  const { needed, waiting, mayWait, fedWaiting } = plan;
  // tfjs-converter refuses to run such a node at once even where it is fed, unless it is an operation of ours.
  return { needed, mayWait, waiting: waiting ?? fedWaiting.find(({ category }) => waits(category)) };
}

function walk(executor: GraphExecutor, fed: readonly string[], asked: readonly string[]): Walked {
  const ends = new Set(nodesNamed(executor, fed));
  const needed = new Set<GraphNode>();
  const open = [...nodesNamed(executor, asked)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    if (!ends.has(node)) open.push(...node.inputs);
  }
  const waiting = [...needed].filter((node) => waits(operationOf(node).category));
  return {
    needed,
    waiting: waiting.find((node) => !ends.has(node)),
    mayWait: [...needed].some((node) => !ends.has(node) && operationOf(node).category === "custom"),
    fedWaiting: waiting.filter((node) => ends.has(node)),
    missing: [...needed].some(
      (node) =>
        operationOf(node).op === "Placeholder" && !ends.has(node) && !(node.name in executor.weightMap),
    ),
  };
}

function nodesNamed(executor: GraphExecutor, names: readonly string[]): readonly GraphNode[] {
  return names.flatMap((name) => nodeNamed(executor, name) ?? []);
}
