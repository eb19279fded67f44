import type { NamedTensorMap, Tensor } from "@tensorflow/tfjs-core";

/** What a graph is given: a tensor, one for each of its inputs, or tensors by the names of nodes. */
export type GraphInputs = Tensor | Tensor[] | NamedTensorMap;

/** What a graph gives: one tensor, several, or tensors by name. */
export type GraphOutput = Tensor | Tensor[] | NamedTensorMap;

/**
 * The part of a `tf.GraphModel` that hooking needs. Structural, so that a model of any copy of tfjs-converter fits.
 */
export interface GraphModelLike {
  readonly inputNodes: string[];
  readonly outputNodes: string[];
  predict(inputs: GraphInputs): unknown;
  predictAsync(inputs: GraphInputs): Promise<unknown>;
  execute(inputs: GraphInputs, outputs?: string | string[]): unknown;
  executeAsync(inputs: GraphInputs, outputs?: string | string[]): Promise<unknown>;
}

/** A node as tfjs-converter keeps it; the names are those of its GraphDef. */
export interface GraphNode {
  readonly name: string;
  op: string;
  /** Which of the converter's executors runs it. */
  category: string;
  /** Where the inputs come from: `node`, or `node:1` for a node's second output. */
  readonly inputNames: string[];
  readonly inputs: GraphNode[];
  readonly children: GraphNode[];
  /** Which inputs are which parameters of the operation, and its attributes. */
  readonly inputParams: object;
  readonly attrParams: object;
  /** The input that it is, for a placeholder, by the model's signature. */
  readonly signatureKey?: string;
  readonly rawAttrs?: Readonly<
    Record<string, { readonly i?: number | string; readonly func?: { readonly name: string } }>
  >;
}

/** A graph of a model: the model's own, or that of a branch or a loop's body. */
export interface Graph {
  readonly nodes: Readonly<Record<string, GraphNode>>;
  readonly inputs: GraphNode[];
  readonly outputs: GraphNode[];
  readonly weights: GraphNode[];
  readonly placeholders: GraphNode[];
  readonly functions?: Readonly<Record<string, Graph>>;
}

/** What a run with control flow keeps of its arrays and lists. */
export interface RunContext {
  readonly tensorArrayMap: object;
  readonly tensorListMap: object;
  dispose(keep: ReadonlySet<number>): void;
}

/** What runs a graph. Private to the converter by its types, and the same in its 3.x and 4.x releases. */
export interface GraphExecutor {
  readonly graph: Graph;
  readonly functionExecutorMap: Readonly<Record<string, GraphExecutor>>;
  readonly weightMap: Readonly<Record<string, readonly Tensor[]>>;
  readonly constructor: new (graph: Graph, parent?: GraphExecutor) => GraphExecutor;
  execute(inputs: NamedTensorMap, outputs: readonly string[]): (Tensor | undefined)[];
  disposeIntermediateTensors(): void;
  /** `isFunction` is true for a graph that runs inside another, whose arrays and lists it shares. */
  _executeAsync(
    inputs: NamedTensorMap,
    outputs: readonly string[],
    isFunction: boolean,
    arrays: object,
    lists: object,
  ): Promise<Tensor[]>;
}

/** The executor of a model; `undefined` before it is loaded. */
export function executorOf(model: GraphModelLike): GraphExecutor | undefined {
  const { executor } = model as GraphModelLike & { readonly executor?: GraphExecutor };
  return executor;
}

export function isGraphModel(value: unknown): value is GraphModelLike {
  if (typeof value !== "object" || value === null) return false;
  const { execute, executeAsync, predict } = value as Partial<GraphModelLike>;
  return (
    typeof execute === "function" &&
    typeof executeAsync === "function" &&
    typeof predict === "function" &&
    "modelUrl" in value
  );
}

/** The name of a node and the output's number in the name of a tensor: `split:1` is the second output of `split`. */
export function parseTensorName(name: string): readonly [node: string, output: number] {
  const parts = name.split(":");
  return parts.length === 1 ? [name, 0] : [parts[0] ?? "", Number(parts.at(-1))];
}
