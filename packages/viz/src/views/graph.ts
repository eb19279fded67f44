import { check } from "../checks/checked.ts";
import { GRAPH_DATA } from "../checks/shapes.ts";
import type { Graph, GraphLink, GraphNode } from "../blocks/graph-layout.ts";
import type { Tokens } from "../blocks/tokens.ts";
import { plainAxis, tokenAxis } from "../description/axes.ts";
import { describe, diverging } from "../description/describe.ts";
import type { Description } from "../description/types.ts";
import { readCircuitTracer, writeCircuitTracer } from "./circuit-tracer.ts";
import { type Titles, titlesOf } from "./view.ts";

/** A circuit: nodes by position and layer, and what each adds to others. */
export interface GraphData extends Titles {
  readonly tokens: readonly string[];
  /** Names of layers, from below upwards. */
  readonly layers: readonly string[];
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  /** Ids of nodes that are pinned at the start: `stateOf` of the picture takes them. */
  readonly pinned?: readonly string[];
  /** What there was before it was pruned. */
  readonly total?: { readonly nodes: number; readonly links: number };
}

/**
 * A circuit over its prompt.
 *
 * @throws ViewError `VIEW_DATA`
 */
function draw(data: GraphData): Description {
  check("graph", data, GRAPH_DATA);
  const { tokens, layers, nodes, links, total } = data;
  const block: Graph = {
    block: "graph",
    id: "graph",
    pos: "pos",
    layer: "layer",
    scale: "weight",
    nodes,
    links,
    ...(total !== undefined && { total }),
  };
  const prompt: Tokens = { block: "tokens", id: "prompt", axis: "pos", channels: [] };
  return describe({
    view: "graph",
    ...titlesOf(data, "Circuit"),
    axes: [tokenAxis("pos", tokens, { title: "position" }), plainAxis("layer", layers)],
    scales: {
      weight: diverging(
        links.map(({ weight }) => weight),
        "weight",
      ),
    },
    blocks: [block, prompt],
  });
}

/** A circuit over its prompt; `read` and `write` are circuit-tracer's JSON. */
export const graph: typeof draw & {
  readonly read: typeof readCircuitTracer;
  readonly write: typeof writeCircuitTracer;
} = Object.assign(draw, { read: readCircuitTracer, write: writeCircuitTracer });
