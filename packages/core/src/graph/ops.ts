import { dataInputs } from "./data-inputs.ts";
import type { GraphNode } from "./graph-like.ts";

/** What a node does, and which of the converter's executors does it. */
export type NodeOperation = Pick<GraphNode, "op" | "category">;

/** Operations of these categories give their result later, so a graph that has one runs through `executeAsync`. */
const WAITING: ReadonlySet<string> = new Set(["control", "dynamic", "hash_table"]);

/** Of those, the ones that are sites, with what tells how many outputs they have. */
const WAITING_OUTPUTS: Readonly<Record<string, number | "branch" | "inputs">> = {
  If: "branch",
  StatelessIf: "branch",
  While: "inputs",
  StatelessWhile: "inputs",
  Where: 1,
  NonMaxSuppressionV2: 1,
  NonMaxSuppressionV3: 1,
  NonMaxSuppressionV4: 2,
  NonMaxSuppressionV5: 2,
  ListDiff: 2,
};

export function waits(category: string): boolean {
  return WAITING.has(category);
}

/**
 * Whether a node computes a value. Not among these are `NoOp`, what has no inputs (tables, variables), the operations
 * of the older control flow, which pass values on (`Switch`, `Merge`, `Enter`, ...), and those on tables, lists and
 * arrays of tensors, which pass handles.
 */
export function computes({ op, category }: NodeOperation, node: GraphNode): boolean {
  // A constant or placeholder may have inputs, which only say that they come first; one with a default takes that.
  if (dataInputs(node).length === 0 || op === "NoOp" || op.startsWith("Const") || op === "Placeholder")
    return false;
  return !waits(category) || Object.hasOwn(WAITING_OUTPUTS, op);
}

/** Of an operation that somebody has registered: how many outputs it has, nothing tells. */
const CUSTOM_OUTPUTS = 32;

/**
 * How many outputs to ask of a node: exactly as many as it has where it waits, otherwise at least as many; one that
 * does not exist is `undefined`.
 *
 * @param read As many as other nodes, or the model's outputs, read.
 */
export function outputsToAsk(
  { op, category, rawAttrs, inputNames }: GraphNode,
  branchOutputs: number,
  read: number,
): number {
  const exact = WAITING_OUTPUTS[op];
  if (typeof exact === "number") return exact;
  if (exact === "inputs") return inputNames.length;
  if (exact === "branch") return branchOutputs;
  const counted = ["num_split", "num"].map((name) => Number(rawAttrs?.[name]?.i ?? 0));
  const custom = category === "custom" ? CUSTOM_OUTPUTS : 0;
  return Math.max(4, read, custom, op === "IdentityN" ? inputNames.length : 0, ...counted);
}
