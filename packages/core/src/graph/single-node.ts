import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";
import { dataInputs } from "./data-inputs.ts";
import {
  type Graph,
  type GraphExecutor,
  type GraphNode,
  parseTensorName,
  type RunContext,
} from "./graph-like.ts";
import { outputsToAsk, waits } from "./ops.ts";

/**
 * One node of a graph, to be run by itself on any inputs: a graph of its own, in which every input has a placeholder,
 * so that two that come from one node can still be told apart.
 */
export class SingleNode {
  readonly #executor: GraphExecutor;
  readonly #feeds: readonly number[];
  /** Positions of the inputs that hooks see: those that the operation reads, and that are not constants of the graph. */
  readonly #seen: readonly number[];
  readonly #outputs: readonly string[];

  constructor(node: GraphNode, root: GraphExecutor) {
    const positions = node.inputs.map((_, i) => i);
    this.#feeds = positions.filter((i) => node.inputs[i]?.op !== "NoOp"); // it only says that it comes first
    this.#seen = dataInputs(node).filter((i) => node.inputs[i]?.op !== "Const");
    const Executor = root.constructor;
    // Branches and loops find their graphs, and weights, in the parent; others do without: its weights would be copied
    // for every run.
    this.#executor = new Executor(isolated(node), waits(node.category) ? root : undefined);
    const asked = outputsToAsk(node, branchOutputs(node, root.graph), outputsRead(node));
    this.#outputs = Array.from({ length: asked }, (_, i) => (i === 0 ? node.name : `${node.name}:${i}`));
  }

  /** Of all that the graph gives to the node, the inputs that hooks see. **Ownership:** borrows. */
  inputsOf(given: readonly (Tensor | undefined)[]): readonly Tensor[] {
    return this.#seen.map((i) => given[i] as Tensor); // a node runs when its inputs are there
  }

  /**
   * Runs the node on what the graph gave, with `inputs` in place of those that hooks see.
   *
   * **Ownership:** borrows; the outputs belong to the active scope.
   */
  run(given: readonly (Tensor | undefined)[], inputs: readonly unknown[]): readonly Tensor[] {
    const outputs = this.#executor.execute(this.#named(given, inputs), this.#outputs);
    this.#executor.disposeIntermediateTensors(); // kept where tfjs's flag KEEP_INTERMEDIATE_TENSORS is set
    return outputs.filter((output) => output !== undefined);
  }

  /** {@link SingleNode.run} for a node that waits. **Ownership:** borrows; returns owned, but an output may be an input. */
  async runAsync(
    given: readonly (Tensor | undefined)[],
    inputs: readonly unknown[],
    context: RunContext,
  ): Promise<readonly Tensor[]> {
    const { tensorArrayMap, tensorListMap } = context;
    const named = this.#named(given, inputs);
    return this.#executor._executeAsync(named, this.#outputs, true, tensorArrayMap, tensorListMap);
  }

  #named(given: readonly (Tensor | undefined)[], inputs: readonly unknown[]): NamedTensorMap {
    const all = [...given];
    // Hooks may not change the structure, so these are tensors.
    for (const [n, i] of this.#seen.entries()) all[i] = inputs[n] as Tensor;
    return Object.fromEntries(this.#feeds.map((i) => [`input${i}`, all[i] as Tensor]));
  }
}

function isolated(node: GraphNode): Graph {
  const inputs = node.inputs.map(({ op }, i): GraphNode => ({
    name: `input${i}`,
    op: op === "NoOp" ? op : "Placeholder",
    category: "graph",
    inputNames: [],
    inputs: [],
    children: [],
    inputParams: {},
    attrParams: {},
  }));
  const copy: GraphNode = { ...node, inputNames: inputs.map(({ name }) => name), inputs, children: [] };
  for (const input of inputs) input.children.push(copy);
  const nodes = Object.fromEntries([...inputs, copy].map((each) => [each.name, each]));
  const fed = inputs.filter(({ op }) => op !== "NoOp");
  const silent = inputs.filter(({ op }) => op === "NoOp");
  return {
    nodes,
    inputs: fed,
    placeholders: fed,
    outputs: [copy],
    weights: [],
    ...(silent.length === 0 ? {} : { initNodes: silent }),
  };
}

/** How many outputs of a node its readers know of. */
function outputsRead({ name, children }: GraphNode): number {
  const read = children
    .flatMap(({ inputNames }) => inputNames)
    .map(parseTensorName)
    .filter(([node]) => node === name);
  return Math.max(0, ...read.map(([, output]) => output + 1));
}

function branchOutputs({ rawAttrs }: GraphNode, { functions = {} }: Graph): number {
  const branch = rawAttrs?.["then_branch"]?.func?.name;
  return branch === undefined ? 0 : (functions[branch]?.outputs.length ?? 0);
}
