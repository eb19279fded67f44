import { optionWrong } from "../errors.ts";
import { type AttributionGraph, type AttributionNode, needGraph, rowOf, sourcesOf } from "./graph.ts";
import { influences, normalizedRows } from "./influence.ts";

/** Options of {@link pruneAttributionGraph}. */
export interface AttributionPruneOptions {
  /** Keep nodes that make up this part of all influence on the logits. Default 0.8. */
  readonly nodes?: number;
  /** Keep edges that make up this part of the influence that is left. Default 0.98. */
  readonly edges?: number;
}

/** A node that pruning has kept. */
export interface PrunedNode extends AttributionNode {
  /** The part of all influence that this node and the more influential ones have: small for what matters. Absent for logits. */
  readonly influence?: number;
}

/** An edge by the ids of its nodes. */
export interface AttributionEdge {
  readonly source: string;
  readonly target: string;
  /** What the source adds to the target's activation. */
  readonly weight: number;
}

/** What matters of an attribution graph. Plain data, and JSON as it is. */
export interface PrunedAttributionGraph {
  readonly tokens: readonly number[];
  readonly layers: number;
  readonly nodes: readonly PrunedNode[];
  readonly edges: readonly AttributionEdge[];
  /** The part of influence by which nodes were kept. */
  readonly nodeThreshold: number;
}

/**
 * The nodes and edges that make up most of the influence on the logits; tokens and logits always stay. Features without edges into them or
 * out of them, and errors without edges out of them, are left out until none is left (Ameisen et al. 2025, appendix "Graph pruning").
 *
 * @throws UsageError `CIRCUIT_OPTION`
 * @example no-run
 * const { nodes, edges } = pruneAttributionGraph(graph, { nodes: 0.8, edges: 0.98 });
 */
export function pruneAttributionGraph(
  graph: AttributionGraph,
  options: AttributionPruneOptions = {},
): PrunedAttributionGraph {
  needGraph("pruneAttributionGraph", graph);
  const raw: unknown = options; // plain JavaScript gives anything
  if (typeof raw !== "object" || raw === null)
    throw optionWrong("pruneAttributionGraph", "options", raw, "{ nodes, edges }");
  const { nodes: nodePart = 0.8, edges: edgePart = 0.98 } = options;
  for (const [name, part] of [
    ["nodes", nodePart],
    ["edges", edgePart],
  ] as const)
    // prettier-ignore
    if (!(part >= 0 && part <= 1)) throw optionWrong("pruneAttributionGraph", name, part, "a number from 0 to 1");
  const sources = sourcesOf(graph);
  const influence = influences(graph, normalizedRows(graph.weights, sources));
  const least = thresholdOf(influence, nodePart);
  const isKept = graph.nodes.map(
    ({ kind }, at) => kind === "token" || kind === "logit" || (influence[at] ?? 0) >= least,
  );
  const isEdge = keptEdges(graph, isKept, edgePart);
  dropLoose(graph, isKept, isEdge);
  const parts = cumulative(influence);
  const nodes = graph.nodes.flatMap((node, at): PrunedNode[] => {
    const part = parts[at];
    return isKept[at] === true ? [part === undefined ? node : { ...node, influence: part }] : [];
  });
  const edges = graph.nodes.flatMap((target, at): AttributionEdge[] => {
    const row = rowOf(graph, at);
    if (row === undefined || isKept[at] !== true) return [];
    return graph.nodes.slice(0, sources).flatMap((source, from): AttributionEdge[] => {
      const place = row * sources + from;
      const weight = graph.weights[place] ?? 0;
      return isEdge[place] === 1 && isKept[from] === true
        ? [{ source: source.id, target: target.id, weight }]
        : [];
    });
  });
  return { tokens: graph.tokens, layers: graph.layers, nodes, edges, nodeThreshold: nodePart };
}

/** Edges between kept nodes that make up the part of their influence. */
function keptEdges(graph: AttributionGraph, isKept: readonly boolean[], part: number): Uint8Array {
  const sources = sourcesOf(graph);
  const weights = graph.weights.slice();
  graph.nodes.forEach((_, at) => {
    const row = rowOf(graph, at);
    if (row === undefined) return;
    const own = weights.subarray(row * sources, (row + 1) * sources);
    own.forEach((_weight, from) => {
      if (isKept[at] !== true || isKept[from] !== true) own[from] = 0;
    });
  });
  const scores = normalizedRows(weights, sources);
  const influence = influences(graph, scores);
  graph.nodes.forEach((node, at) => {
    const row = rowOf(graph, at);
    if (row === undefined) return;
    const own = (influence[at] ?? 0) + (node.kind === "logit" ? (node.probability ?? 0) : 0);
    const edges = scores.subarray(row * sources, (row + 1) * sources);
    edges.forEach((score, from) => (edges[from] = score * own));
  });
  const least = thresholdOf(scores, part);
  return Uint8Array.from(scores, (score) => (score > 0 && score >= least ? 1 : 0));
}

/** Leaves out nodes that have lost their edges, again and again. */
function dropLoose(graph: AttributionGraph, isKept: boolean[], isEdge: Uint8Array): void {
  const sources = sourcesOf(graph);
  for (let isChanged = true; isChanged;) {
    isChanged = false;
    const [into, outOf] = [new Uint8Array(graph.nodes.length), new Uint8Array(graph.nodes.length)];
    graph.nodes.forEach((_, at) => {
      const row = rowOf(graph, at);
      if (row === undefined || isKept[at] !== true) return;
      for (let from = 0; from < sources; from++)
        if (isEdge[row * sources + from] === 1 && isKept[from] === true) into[at] = outOf[from] = 1;
    });
    graph.nodes.forEach(({ kind }, at) => {
      const isLoose =
        (kind === "feature" && (into[at] === 0 || outOf[at] === 0)) || (kind === "error" && outOf[at] === 0);
      if (!isLoose || isKept[at] !== true) return;
      isKept[at] = false;
      isChanged = true;
    });
  }
}

/** The least score among the largest that make up a part of all. */
function thresholdOf(scores: ArrayLike<number>, part: number): number {
  const sorted = Float64Array.from(scores).sort().reverse();
  const total = sorted.reduce((sum, score) => sum + score, 0);
  let [sum, last] = [0, 0];
  for (const score of sorted) {
    sum += score;
    if (score > 0) last = score;
    if (sum >= part * total) break;
  }
  return last;
}

/** For each node, the part of all that it and the larger ones make up. */
function cumulative(influence: Float64Array): Float64Array {
  const order = [...influence.keys()].sort((a, b) => (influence[b] ?? 0) - (influence[a] ?? 0));
  const total = influence.reduce((sum, value) => sum + value, 0);
  const parts = new Float64Array(influence.length);
  let sum = 0;
  for (const at of order) {
    sum += influence[at] ?? 0;
    parts[at] = total === 0 ? 1 : sum / total;
  }
  return parts;
}
