import { badNodeName } from "./errors.ts";
import type { Site } from "../sites/site.ts";
import type { Graph, GraphExecutor, GraphNode } from "./graph-like.ts";
import type { HookGraphOptions } from "./options.ts";
import { operationOf } from "./node-slots.ts";
import { computes } from "./ops.ts";

/** A node of a graph and the site that it is. */
export interface NodeSite {
  readonly node: GraphNode;
  readonly site: Site;
  /** Whether it is a placeholder or constant, which are given, not computed. */
  readonly isInput: boolean;
}

/**
 * The nodes of a model that are sites, in the order in which they could run; those of branches and of loops' bodies
 * come after, below the name of their function.
 *
 * @throws UsageError `GRAPH_NODE_NAME`
 */
export function walkNodes({ graph }: GraphExecutor, options: HookGraphOptions): readonly NodeSite[] {
  const owners = new Map<string, string>();
  const found: NodeSite[] = [];
  const add = (node: GraphNode, prefix: string, isInput: boolean): void => {
    const segments = segmentsOf(node, prefix, options.names ?? {});
    const path = segments.join(".");
    const owner = owners.get(path);
    if (owner !== undefined) throw badNodeName(node.name, { kind: "taken", path, by: owner });
    owners.set(path, node.name);
    found.push({ node, site: { path, segments, kind: "node", type: operationOf(node).op }, isInput });
  };
  const inputs = [
    // One with a default computes: it passes that on.
    ...(options.placeholders === true
      ? graph.placeholders.filter((node) => !computes(operationOf(node), node))
      : []),
    ...(options.constants === true ? graph.weights : []),
  ];
  for (const node of inputs) add(node, "", true);
  for (const node of inOrder(graph)) if (computes(operationOf(node), node)) add(node, "", false);
  for (const [name, inner] of Object.entries(graph.functions ?? {}))
    for (const node of inOrder(inner)) if (computes(operationOf(node), node)) add(node, `${name}/`, false);
  return found;
}

/** The nodes of a graph, each after its inputs, otherwise as they stand there; a loop is entered where it stands. */
function inOrder({ nodes }: Graph): readonly GraphNode[] {
  const ordered = new Set<GraphNode>();
  const entered = new Set<GraphNode>();
  for (const start of Object.values(nodes)) {
    const open = [start];
    for (let node = open.at(-1); node !== undefined; node = open.at(-1)) {
      entered.add(node);
      const next = ordered.has(node) ? undefined : node.inputs.find((input) => !entered.has(input));
      if (next !== undefined) open.push(next);
      else ordered.add(open.pop() ?? node);
    }
  }
  return [...ordered];
}

/** Names contain slashes and, less often, dots: both separate segments, and empty ones count for nothing. */
function segmentsOf(
  { name }: GraphNode,
  prefix: string,
  names: Readonly<Record<string, string>>,
): readonly string[] {
  const text = Object.hasOwn(names, name) ? (names[name] ?? "") : name;
  if (/#\d+$/.test(text)) throw badNodeName(name, { kind: "repeat" });
  const segments = (prefix + text).split(/[./]/).filter((segment) => segment !== "");
  if (segments.length === 0) throw badNodeName(name, { kind: "empty" });
  return segments;
}
