import { deregisterOp, registerOp } from "@tensorflow/tfjs-converter";
import { HookSlot } from "../hooks/slot.ts";
import type { Place } from "../targets/target.ts";
import type { GraphExecutor, GraphNode } from "./graph-like.ts";
import { type NodeValue, runNode, runWaitingNode } from "./hooked-node.ts";
import { type NodeOperation, waits } from "./ops.ts";
import { SingleNode } from "./single-node.ts";

/** A node under hooks. */
interface NodePlace extends Place {
  /** What the node was, since the node itself says that it is an operation of ours. */
  readonly was: NodeOperation;
}

/** Nodes under hooks. One slot for each, whichever targets they were hooked through. */
const places = new WeakMap<GraphNode, NodePlace>();

let registered = 0;

/**
 * The slot of a node that computes. The first time, the node is made an operation of ours, of which tfjs-converter lets
 * others register their own: the graph runs it in the node's place, at every call, in loops and branches, too.
 */
export function placeOf(node: GraphNode, root: GraphExecutor): Place {
  const known = places.get(node);
  if (known !== undefined) return known;
  const slot = new HookSlot({ takesKwargs: false });
  const single = new SingleNode(node, root);
  const { op, category } = node;
  const ours = `HookdictNode${++registered}`;
  registerOp(ours, (value) => {
    const { inputs, context } = value as unknown as NodeValue; // see there
    return waits(category) ? runWaitingNode(single, slot, inputs, context) : runNode(single, slot, inputs);
  });
  node.op = ours;
  node.category = "custom";
  const place = {
    slot,
    was: { op, category },
    release: () => {
      places.delete(node);
      deregisterOp(ours);
      node.op = op;
      node.category = category;
    },
  };
  places.set(node, place);
  return place;
}

/** The operation of a node, hooked or not. */
export function operationOf(node: GraphNode): NodeOperation {
  return places.get(node)?.was ?? { op: node.op, category: node.category };
}
