import { optionWrong } from "../errors.ts";
import { type GraphAbout, tracerGraph, type TracerGraph, type TracerNode } from "../graph/circuit-tracer.ts";
import type { PrunedAttributionGraph, PrunedNode } from "./prune.ts";

/**
 * A pruned attribution graph as circuit-tracer's JSON, which its page, Neuronpedia and this project's graph view open. As there, `influence` is
 * the part that a node and all more influential ones have.
 *
 * @param texts What tokens are called; default their numbers.
 * @throws UsageError `CIRCUIT_OPTION`
 * @example no-run
 * const about = { slug: "ioi", scan: "gpt2", prompt, promptTokens: texts };
 * JSON.stringify(attributionTracerGraph(pruneAttributionGraph(graph), about, (token) => tokenizer.decode([token])));
 */
export function attributionTracerGraph(
  pruned: PrunedAttributionGraph,
  about: GraphAbout,
  texts: (token: number) => string = String,
): TracerGraph {
  const { nodes, edges, layers, nodeThreshold } = Object(pruned) as PrunedAttributionGraph;
  if (!Array.isArray(nodes) || !Array.isArray(edges))
    throw optionWrong("attributionTracerGraph", "pruned", pruned, "what pruneAttributionGraph gives");
  const raw: unknown = about; // plain JavaScript gives anything
  if (typeof raw !== "object" || raw === null)
    throw optionWrong("attributionTracerGraph", "about", raw, "{ slug, scan, prompt, promptTokens }");
  const first = nodes.find(({ kind }) => kind === "logit")?.id;
  const made = nodes.map((node) => tracerNode(node, layers, texts, node.id === first));
  return tracerGraph(about, made, edges, nodeThreshold);
}

function tracerNode(
  node: PrunedNode,
  layers: number,
  texts: (token: number) => string,
  isFirst: boolean,
): TracerNode {
  const { id, kind, layer, position, feature = 0, token = 0, probability = 0, activation, influence } = node;
  const shared = {
    node_id: id,
    ctx_idx: position,
    token_prob: 0,
    is_target_logit: false,
    run_idx: 0,
    reverse_ctx_idx: 0,
    clerp: "",
    ...(influence !== undefined && { influence }),
  };
  if (kind === "feature") {
    const pair = ((layer + feature) * (layer + feature + 1)) / 2 + feature; // Cantor's number of both
    return {
      ...shared,
      feature: pair,
      layer: `${layer}`,
      feature_type: "cross layer transcoder",
      jsNodeId: `${layer}_${feature}-0`,
      ...(activation !== undefined && { activation }),
    };
  }
  if (kind === "error")
    return {
      ...shared,
      feature: -1,
      layer: `${layer}`,
      feature_type: "mlp reconstruction error",
      jsNodeId: `${layer}_-1-${position}`,
    };
  if (kind === "token")
    return {
      ...shared,
      feature: position,
      layer: "E",
      feature_type: "embedding",
      jsNodeId: `E_${token}-${position}`,
      clerp: texts(token),
    };
  return {
    ...shared,
    feature: token,
    layer: `${layers + 1}`,
    feature_type: "logit",
    jsNodeId: `L_${token}-${position}`,
    token_prob: probability,
    is_target_logit: isFirst,
    clerp: `Output "${texts(token)}" (p=${probability.toFixed(3)})`,
  };
}
