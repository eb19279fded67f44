import { type Circuit, nodeOf } from "./circuit.ts";
import { checkArgument, checkOptionNames } from "@hookdict/tensordict";
import { checkCircuit } from "../arguments.ts";

/** What a graph of circuit-tracer is about. */
export interface GraphAbout {
  readonly slug: string;
  /** Name of the model. */
  readonly scan: string;
  readonly prompt: string;
  readonly promptTokens: readonly string[];
}

/** A node of circuit-tracer's files. */
export interface TracerNode {
  readonly node_id: string;
  /** Of components of a circuit, which has no features, their number. */
  readonly feature: number;
  /** `"E"` for embeddings, layers from `"0"`, and one beyond the last for logits. */
  readonly layer: string;
  readonly ctx_idx: number;
  readonly feature_type: string;
  readonly token_prob: number;
  readonly is_target_logit: boolean;
  readonly run_idx: number;
  readonly reverse_ctx_idx: number;
  readonly jsNodeId: string;
  readonly clerp: string;
  readonly influence?: number;
  readonly activation?: number;
}

/** A graph as circuit-tracer's viewer reads it: JSON, version 1 of its schema. */
export interface TracerGraph {
  readonly metadata: {
    readonly slug: string;
    readonly scan: string;
    readonly prompt: string;
    readonly prompt_tokens: readonly string[];
    readonly transcoder_list: readonly string[];
    readonly node_threshold?: number;
    readonly schema_version: 1;
  };
  readonly qParams: {
    readonly pinnedIds: readonly string[];
    readonly supernodes: readonly (readonly string[])[];
    readonly linkType: "both";
    readonly clickedId: string;
    readonly sg_pos: string;
  };
  readonly nodes: readonly TracerNode[];
  readonly links: readonly { readonly source: string; readonly target: string; readonly weight: number }[];
}

/** The parts that all graphs share. */
export function tracerGraph(
  { slug, scan, prompt, promptTokens }: GraphAbout,
  nodes: readonly TracerNode[],
  links: TracerGraph["links"],
  nodeThreshold?: number,
): TracerGraph {
  return {
    metadata: {
      slug,
      scan,
      prompt,
      prompt_tokens: promptTokens,
      transcoder_list: [],
      ...(nodeThreshold !== undefined && { node_threshold: nodeThreshold }),
      schema_version: 1,
    },
    qParams: { pinnedIds: [], supernodes: [], linkType: "both", clickedId: "", sg_pos: "" },
    nodes,
    links,
  };
}

/**
 * A circuit of heads and MLPs as circuit-tracer's JSON. Nodes stand at the last position: the circuit says of no other where it acts. Edges
 * into a head's queries, keys and values are one link, their scores added.
 *
 * @example
 * const edges = [{ source: "input", destination: "logits", score: 2 }];
 * const about = { slug: "x", scan: "gpt2", prompt: "a b", promptTokens: ["a", " b"] };
 * circuitTracerGraph({ nodes: ["input", "logits"], edges }, about).links; // => [{ source: "input", target: "logits", weight: 2 }]
 */
export function circuitTracerGraph(circuit: Circuit, about: GraphAbout): TracerGraph {
  checkCircuit("circuitTracerGraph", circuit);
  checkOptionNames("circuitTracerGraph", about, ["slug", "scan", "prompt", "promptTokens"]);
  for (const name of ["slug", "scan", "prompt"] as const)
    checkArgument("circuitTracerGraph", name, about[name], "text");
  checkArgument("circuitTracerGraph", "promptTokens", about.promptTokens, "a list of texts");
  const { nodes, edges } = circuit;
  const layers = 1 + Math.max(-1, ...nodes.map((name) => Number(/^[am](\d+)/.exec(name)?.[1] ?? -1)));
  const weights = new Map<string, { source: string; target: string; weight: number }>();
  for (const { source, destination, score } of edges) {
    const target = nodeOf(destination);
    const key = `${source} ${target}`;
    const known = weights.get(key);
    if (known === undefined) weights.set(key, { source, target, weight: score });
    else known.weight += score;
  }
  const at = Math.max(0, about.promptTokens.length - 1);
  const made = nodes.map((name, i): TracerNode => {
    const [, layer] = /^[am](\d+)/.exec(name) ?? [];
    const isLogits = name === "logits";
    return {
      node_id: name,
      feature: i,
      layer: name === "input" ? "E" : isLogits ? `${layers}` : (layer ?? "E"),
      ctx_idx: at,
      feature_type: name === "input" ? "embedding" : isLogits ? "logit" : "component",
      token_prob: 0,
      is_target_logit: isLogits,
      run_idx: 0,
      reverse_ctx_idx: 0,
      jsNodeId: `${name}-${i}`,
      clerp: name,
    };
  });
  return tracerGraph(about, made, [...weights.values()]);
}
