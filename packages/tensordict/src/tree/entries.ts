import { type Key, pathKey } from "./keys.ts";
import { optionsOf } from "./options.ts";
import { type DictNode, isNode, type NodeValue } from "./node.ts";

/** Which entries are listed. */
export interface EntryOptions {
  /** Also those of nested TensorDicts. Default `false`. */
  readonly nested?: boolean;
  /** Leave out TensorDicts themselves. Default `false`. */
  readonly leavesOnly?: boolean;
}

/** Keys and values of a node, parents before children, in order of insertion. */
export function listEntries(node: DictNode, options?: EntryOptions): [Key, NodeValue][] {
  const found: [Key, NodeValue][] = [];
  collect(node, [], optionsOf("keys", options), found);
  return found;
}

function collect(
  node: DictNode,
  prefix: readonly string[],
  options: EntryOptions,
  found: [Key, NodeValue][],
): void {
  for (const [name, value] of node.leaves) {
    const path = [...prefix, name];
    const isDict = isNode(value);
    if (!isDict || options.leavesOnly !== true) found.push([pathKey(path), value]);
    if (isDict && options.nested === true) collect(value, path, options, found);
  }
}
