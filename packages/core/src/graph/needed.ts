import { isTensor } from "@hookdict/tensordict";
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
  /** The first among them for which the run must wait. */
  readonly waiting: GraphNode | undefined;
}

/** What is the same whatever is hooked. */
interface Walked extends RunPlan {
  /** Those that are fed and would give their result later. */
  readonly fedWaiting: readonly GraphNode[];
}

/** Plans by graph, for graphs do not change; a graph is run with few combinations of names. */
const plans = new WeakMap<object, Map<string, Walked>>();

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
  const known = plans.get(graph) ?? new Map<string, Walked>();
  plans.set(graph, known);
  const key = JSON.stringify([fed, asked]);
  const plan = known.get(key) ?? walk(executor, fed, asked);
  known.set(key, plan);
  const { needed, waiting, fedWaiting } = plan;
  // tfjs-converter refuses to run such a node at once even where it is fed, unless it is an operation of ours.
  return { needed, waiting: waiting ?? fedWaiting.find(({ category }) => waits(category)) };
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
    fedWaiting: waiting.filter((node) => ends.has(node)),
  };
}

/** Names are those of nodes, of their outputs, or of the model's signature; unknown ones are told by the model. */
function nodesNamed({ graph }: GraphExecutor, names: readonly string[]): readonly GraphNode[] {
  const signed = new Map([...graph.inputs, ...graph.outputs].map((node) => [node.signatureKey, node]));
  return names.flatMap((name) => signed.get(name) ?? graph.nodes[parseTensorName(name)[0]] ?? []);
}
