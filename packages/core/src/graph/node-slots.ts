import { deregisterOp, registerOp } from "@tensorflow/tfjs-converter";
import { HookSlot } from "../hooks/slot.ts";
import type { GraphExecutor, GraphNode } from "./graph-like.ts";
import { type NodeValue, runNode, runWaitingNode } from "./hooked-node.ts";
import { type NodeOperation, waits } from "./ops.ts";
import { SingleNode } from "./single-node.ts";

/** A node under hooks. */
interface HookedNode {
  readonly slot: HookSlot;
  /** What the node was, since the node itself says that it is an operation of ours. */
  readonly was: NodeOperation;
}

/** One slot for each, whichever targets they were hooked through. */
const hooked = new WeakMap<GraphNode, HookedNode>();

let registered = 0;

/**
 * The slot of a node that computes. The first time, the node is made an operation of ours, of which tfjs-converter lets
 * others register their own: the graph runs it in the node's place, at every call, in loops and branches, too.
 */
export function slotOf(node: GraphNode, root: GraphExecutor): HookSlot {
  const known = hooked.get(node);
  if (known !== undefined) return known.slot;
  const single = new SingleNode(node, root);
  const { op, category } = node;
  const ours = `HookdictNode${++registered}`;
  const release = (): void => {
    hooked.delete(node);
    deregisterOp(ours);
    node.op = op;
    node.category = category;
  };
  const slot = new HookSlot(release, false);
  registerOp(ours, (value) => {
    const { inputs, context } = value as unknown as NodeValue; // see there
    return waits(category) ? runWaitingNode(single, slot, inputs, context) : runNode(single, slot, inputs);
  });
  node.op = ours;
  node.category = "custom";
  hooked.set(node, { slot, was: { op, category } });
  return slot;
}

/** The operation of a node, hooked or not. */
export function operationOf(node: GraphNode): NodeOperation {
  return hooked.get(node)?.was ?? { op: node.op, category: node.category };
}
