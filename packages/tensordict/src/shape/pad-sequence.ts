import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import { freeNode } from "../tree/lifetime.ts";
import type { DictNode } from "../tree/node.ts";
import { stackNodes } from "./join.ts";
import { padNode } from "./pad.ts";
import { checkDim } from "./sizes.ts";

/** Dicts that differ in the size of one batch dim, filled up to the longest and stacked along a new first dim. */
export function padSequenceNodes(nodes: readonly DictNode[], dim: number, value: number): DictNode {
  if (nodes.length === 0) return stackNodes(nodes, 0); // which says that there is nothing
  const at = checkDim("padSequence", dim, nodes[0]?.batchSize.length ?? 0);
  const longest = Math.max(0, ...nodes.map(({ batchSize }) => batchSize[at] ?? 0));
  const padded: DictNode[] = [];
  try {
    for (const node of nodes) {
      const sizes = node.batchSize.flatMap((size, i) => [0, i === at ? longest - size : 0]);
      padded.push(padNode(node, sizes, value));
    }
    return stackNodes(padded, 0);
  } finally {
    for (const node of padded) freeNode(node);
  }
}

/** Which elements of what {@link padSequenceNodes} gives were there: bool, of its batch size. **Ownership:** returns owned. */
export function sequenceMask(nodes: readonly DictNode[], dim: number, batchSize: readonly number[]): Tensor {
  const at = checkDim("padSequence", dim, batchSize.length - 1);
  const inner = batchSize.slice(at + 2).reduce((product, size) => product * size, 1);
  const each = batchSize.slice(1).reduce((product, size) => product * size, 1);
  const longest = batchSize[at + 1] ?? 0;
  const data = new Uint8Array(each * nodes.length).map((_, i) => {
    const place = Math.floor((i % each) / inner) % longest;
    return place < (nodes[Math.floor(i / each)]?.batchSize[at] ?? 0) ? 1 : 0;
  });
  return tensor(data, [...batchSize], "bool");
}
