import { isTensor } from "../hooks/structure.ts";
import {
  type GraphExecutor,
  type GraphInputs,
  type GraphModelLike,
  type GraphNode,
  parseTensorName,
} from "./graph-like.ts";
import { operationOf } from "./node-slots.ts";
import { waits } from "./ops.ts";

/** What a run of a graph comes to. */
export interface RunPlan {
  /** The nodes that the outputs depend on, down to what is fed. */
  readonly needed: ReadonlySet<GraphNode>;
  /** The first among them that gives its result later. */
  readonly waiting: GraphNode | undefined;
}

/** Plans by graph, for graphs do not change; a graph is run with few combinations of names. */
const plans = new WeakMap<object, Map<string, RunPlan>>();

/** What computing `outputs` (the model's own by default) from `inputs` needs. */
export function planRun(
  model: GraphModelLike,
  executor: GraphExecutor,
  inputs: GraphInputs,
  outputs: string | readonly string[] | undefined,
): RunPlan {
  const { graph } = executor;
  const isNamed = !isTensor(inputs) && !Array.isArray(inputs);
  const fed = isNamed ? Object.keys(inputs) : [...model.inputNodes];
  const asked = outputs === undefined ? [...model.outputNodes] : [outputs].flat();
  const known = plans.get(graph) ?? new Map<string, RunPlan>();
  plans.set(graph, known);
  const key = JSON.stringify([fed, asked]);
  const plan = known.get(key) ?? walk(executor, fed, asked);
  known.set(key, plan);
  return plan;
}

function walk(executor: GraphExecutor, fed: readonly string[], asked: readonly string[]): RunPlan {
  const ends = new Set(nodesNamed(executor, fed));
  const needed = new Set<GraphNode>();
  const open = [...nodesNamed(executor, asked)];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    if (!ends.has(node)) open.push(...node.inputs);
  }
  return {
    needed,
    waiting: [...needed].find((node) => !ends.has(node) && waits(operationOf(node).category)),
  };
}

/** Names are those of nodes, of their outputs, or of the model's signature; unknown ones are told by the model. */
function nodesNamed({ graph }: GraphExecutor, names: readonly string[]): readonly GraphNode[] {
  const signed = new Map([...graph.inputs, ...graph.outputs].map((node) => [node.signatureKey, node]));
  return names.flatMap((name) => signed.get(name) ?? graph.nodes[parseTensorName(name)[0]] ?? []);
}
