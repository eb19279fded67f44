import type { Tensor } from "@tensorflow/tfjs-core";
import { dataInputs } from "./data-inputs.ts";
import { type GraphExecutor, type GraphNode, parseTensorName } from "./graph-like.ts";
import { operationOf } from "./node-slots.ts";

/** One input of a node. */
export interface GraphInput {
  /** The node that it comes from. */
  readonly from: GraphPlace;
  /** Its value where that is a constant, also behind nodes that only pass it on. **Ownership:** *borrowed*. */
  readonly constant: Tensor | undefined;
  /** Whether hooks at the node see it: they see no constants but those that another node has passed on. */
  readonly isSeen: boolean;
}

/** What a node computes, as it was converted and whatever hooks are on it. Two of one node are two objects. */
export class GraphPlace {
  readonly #node: GraphNode;
  readonly #executor: GraphExecutor;

  constructor(node: GraphNode, executor: GraphExecutor) {
    this.#node = node;
    this.#executor = executor;
  }

  /** Unique in the graph. */
  get name(): string {
    return this.#node.name;
  }

  /** Name of the operation, such as `Conv2D`. */
  get op(): string {
    return operationOf(this.#node).op;
  }

  /** Attributes under the names of tfjs-converter, such as `strides` and `pad`. */
  get attributes(): Readonly<Record<string, unknown>> {
    const given = this.#node.attrParams as Readonly<Record<string, { readonly value?: unknown }>>; // so it reads them
    return Object.fromEntries(Object.entries(given).map(([name, { value }]) => [name, value]));
  }

  /** The inputs in their order, without those that only say what comes first. */
  get inputs(): readonly GraphInput[] {
    return dataInputs(this.#node).flatMap((i) => {
      const node = this.#node.inputs[i];
      if (node === undefined) return [];
      const from = new GraphPlace(node, this.#executor);
      const [, output] = parseTensorName(this.#node.inputNames[i] ?? "");
      const constant = output === 0 ? from.constant : undefined;
      return [{ from, constant, isSeen: node.op !== "Const" }];
    });
  }

  /** The value, where it is a constant or passes one on. **Ownership:** *borrowed*. */
  get constant(): Tensor | undefined {
    if (this.op === "Const") return this.#executor.weightMap[this.name]?.[0];
    if (this.op !== "Identity") return undefined;
    return this.inputs[0]?.from.constant;
  }

  /** The nodes that read it, not those that only come after it; none for one that only the caller reads. */
  get readers(): readonly GraphPlace[] {
    const reads = (node: GraphNode): boolean => dataInputs(node).some((i) => node.inputs[i] === this.#node);
    return this.#node.children.filter(reads).map((node) => new GraphPlace(node, this.#executor));
  }

  /** Whether the graph gives it to its caller. */
  get isOutput(): boolean {
    return this.#executor.graph.outputs.includes(this.#node);
  }
}
