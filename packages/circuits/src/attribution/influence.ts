import { type AttributionGraph, needGraph, rowOf, sourcesOf } from "./graph.ts";

/**
 * Weights without signs, each row's divided by their sum: the part of a target that each source makes up. Rows of nothing stay 0.
 *
 * @param sources The length of a row.
 */
export function normalizedRows(weights: Float32Array, sources: number): Float32Array {
  const parts = weights.map(Math.abs);
  for (let start = 0; start < parts.length; start += sources) {
    const row = parts.subarray(start, start + sources);
    const sum = row.reduce((total, part) => total + part, 0);
    if (sum > 0) row.forEach((part, at) => (row[at] = part / sum));
  }
  return parts;
}

/**
 * How much of the logits each node makes up, over all paths, weighted by their probabilities: of each target by its own influence, from
 * the last to the first, which sums `A + A^2 + ...` at once (Ameisen et al. 2025, appendix "Graph pruning").
 *
 * @param parts As of {@link normalizedRows}.
 */
export function influences(graph: AttributionGraph, parts: Float32Array): Float64Array {
  const { nodes, counts } = graph;
  const sources = sourcesOf(graph);
  const found = new Float64Array(nodes.length);
  for (let node = nodes.length - 1; node >= 0; node--) {
    const row = rowOf(graph, node);
    if (row === undefined) continue;
    // Edges go to later layers alone, so that a feature's influence is whole when its row's turn comes.
    const own = (found[node] ?? 0) + (nodes[node]?.kind === "logit" ? (nodes[node]?.probability ?? 0) : 0);
    if (own === 0) continue;
    const start = row * sources;
    for (let source = 0; source < sources; source++)
      found[source] = (found[source] ?? 0) + own * (parts[start + source] ?? 0);
  }
  return found.subarray(0, nodes.length - counts.logits);
}

/** How much of a computation a graph explains; both are 1 where transcoders leave no error. */
export interface AttributionScores {
  /** The part of the tokens' influence on the logits in that of tokens and errors. */
  readonly replacement: number;
  /** The part of what acts on nodes that comes from features and tokens, weighted by the nodes' influence. */
  readonly completeness: number;
}

/**
 * How much of the logits an attribution graph explains (Ameisen et al. 2025, section 5.2).
 *
 * @throws UsageError `CIRCUIT_OPTION`
 * @example no-run
 * attributionScores(graph); // => { replacement: 0.61, completeness: 0.83 }
 */
export function attributionScores(graph: AttributionGraph): AttributionScores {
  needGraph("attributionScores", graph);
  const { nodes, counts } = graph;
  const sources = sourcesOf(graph);
  const parts = normalizedRows(graph.weights, sources);
  const influence = influences(graph, parts);
  const sumOf = (kind: string): number =>
    influence.reduce((sum, value, at) => (nodes[at]?.kind === kind ? sum + value : sum), 0);
  const [tokens, errors] = [sumOf("token"), sumOf("error")];
  const [from, to] = [counts.features, counts.features + counts.errors];
  let [explained, all] = [0, 0];
  nodes.forEach((node, at) => {
    const own = (influence[at] ?? 0) + (node.kind === "logit" ? (node.probability ?? 0) : 0);
    const row = rowOf(graph, at);
    const start = (row ?? 0) * sources;
    const error =
      row === undefined ? 0 : parts.subarray(start + from, start + to).reduce((sum, part) => sum + part, 0);
    explained += own * (1 - error);
    all += own;
  });
  return { replacement: share(tokens, tokens + errors), completeness: share(explained, all) };
}

/** 0 of nothing. */
function share(of: number, all: number): number {
  return all === 0 ? 0 : of / all;
}
