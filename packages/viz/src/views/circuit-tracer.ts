import { check } from "../checks/checked.ts";
import { told } from "../checks/errors.ts";
import {
  count,
  either,
  fields,
  type Fit,
  fit,
  listOf,
  maybe,
  number,
  string,
  strings,
} from "../checks/fit.ts";
import { GRAPH_DATA } from "../checks/shapes.ts";
import type { GraphLink, GraphNode } from "../blocks/graph-layout.ts";
import { dataInvalid } from "../errors.ts";
import type { GraphData } from "./graph.ts";

interface TracerNode {
  readonly node_id: string;
  readonly layer: string | number;
  readonly ctx_idx: number;
  readonly feature_type?: string | null;
  readonly clerp?: string | null;
  readonly influence?: number | null;
  readonly activation?: number | null;
}

/** The parts of circuit-tracer's JSON that are read and written. */
interface CircuitTracer {
  readonly metadata?: {
    readonly slug?: string;
    readonly scan?: string;
    readonly prompt?: string;
    readonly prompt_tokens?: readonly string[];
  };
  readonly qParams?: {
    readonly pinnedIds?: readonly string[];
    readonly supernodes?: readonly (readonly string[])[];
  };
  readonly nodes: readonly TracerNode[];
  readonly links: readonly { readonly source: string; readonly target: string; readonly weight: number }[];
}

const VIEW = "graph";

const PRUNE: Fit = fields({ maxNodes: maybe(count()), maxLinks: maybe(count()) });

const orNull = (inner: Fit): Fit =>
  either(
    fit("null", (value) => value === null),
    maybe(inner),
  );

/** What is read of a file; there is more in one. */
const FILE: Fit = fields({
  metadata: maybe(
    fields({
      slug: maybe(string),
      scan: maybe(string),
      prompt: maybe(string),
      prompt_tokens: maybe(strings),
    }),
  ),
  qParams: maybe(fields({ pinnedIds: maybe(strings), supernodes: maybe(listOf(strings)) })),
  nodes: listOf(
    fields({
      node_id: string,
      layer: either(number, string),
      ctx_idx: count(),
      feature_type: orNull(string),
      clerp: orNull(string),
      influence: orNull(number),
      activation: orNull(number),
    }),
  ),
  links: listOf(fields({ source: string, target: string, weight: number })),
});

/** Nodes and links that are kept of a file; the strongest. */
export interface PruneOptions {
  readonly maxNodes?: number;
  readonly maxLinks?: number;
}

/**
 * Data of a circuit-tracer graph: its text, or what `JSON.parse` made of it. It is pruned while it is read, so that what is
 * drawn does not depend on the size of the file. Groups (`supernodes`) and pinned nodes come along.
 *
 * @throws ViewError `VIEW_DATA`
 */
export function readCircuitTracer(given: unknown, options: PruneOptions = {}): GraphData {
  check("graph.read", options, PRUNE, "options");
  const { maxNodes = 500, maxLinks = 5000 } = options;
  const file = parse(given);
  const parts = ownInfluence(file.nodes);
  const influenceOf = (node: TracerNode): number => parts.get(node) ?? 0;
  const kept = [...file.nodes].sort((one, other) => influenceOf(other) - influenceOf(one)).slice(0, maxNodes);
  const ids = new Set(kept.map(({ node_id }) => node_id));
  const tokens =
    file.metadata?.prompt_tokens ??
    Array.from({ length: 1 + Math.max(-1, ...kept.map(({ ctx_idx }) => ctx_idx)) }, (_, i) => String(i));
  const layers = layerNames(kept.map(({ layer }) => String(layer)));
  const groups = new Map(
    (file.qParams?.supernodes ?? []).flatMap(([name = "", ...members]) =>
      members.map((id) => [id, name] as const),
    ),
  );
  const nodes = kept.map((node): GraphNode => {
    const group = groups.get(node.node_id);
    return {
      id: node.node_id,
      label: (node.clerp ?? "") === "" ? node.node_id : String(node.clerp),
      pos: node.ctx_idx,
      layer: layers.indexOf(String(node.layer)),
      kind: kindOf(node.feature_type ?? ""),
      influence: influenceOf(node),
      ...(typeof node.activation === "number" && { activation: node.activation }),
      ...(group !== undefined && { group }),
    };
  });
  const links = file.links
    .filter(({ source, target }) => ids.has(source) && ids.has(target))
    .map(({ source, target, weight }): GraphLink => ({ from: source, to: target, weight }))
    .sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight))
    .slice(0, maxLinks);
  const { scan, prompt, slug } = file.metadata ?? {};
  return {
    tokens,
    layers,
    nodes,
    links,
    pinned: (file.qParams?.pinnedIds ?? []).filter((id) => ids.has(id)),
    total: { nodes: file.nodes.length, links: file.links.length },
    ...(slug !== undefined && { title: slug }),
    source: { ...(scan !== undefined && { model: scan }), ...(prompt !== undefined && { prompt }) },
  };
}

/** circuit-tracer's JSON of a graph, which its page and Neuronpedia open. */
export function writeCircuitTracer(data: GraphData): string {
  check("graph.write", data, GRAPH_DATA);
  const groups = new Map<string, string[]>();
  const shared = sharedInfluence(data.nodes);
  for (const { id, group } of data.nodes)
    if (group !== undefined) groups.set(group, [...(groups.get(group) ?? []), id]);
  const file: CircuitTracer = {
    metadata: {
      slug: data.title ?? "graph",
      scan: data.source?.model ?? "",
      prompt: data.source?.prompt ?? data.tokens.join(""),
      prompt_tokens: data.tokens,
    },
    qParams: { pinnedIds: data.pinned ?? [], supernodes: [...groups].map(([name, ids]) => [name, ...ids]) },
    nodes: data.nodes.map(({ id, label, pos, layer, kind, activation }) => ({
      node_id: id,
      clerp: label,
      ctx_idx: pos,
      layer: data.layers[layer] ?? String(layer),
      feature_type: TYPES.find(([, name]) => name === kind)?.[0] ?? kind,
      influence: shared.get(id) ?? null,
      activation: activation ?? null,
    })),
    links: data.links.map(({ from, to, weight }) => ({ source: from, target: to, weight })),
  };
  return JSON.stringify(file);
}

const TYPES: readonly (readonly [string, string])[] = [
  ["cross layer transcoder", "feature"],
  ["mlp reconstruction error", "error"],
  ["embedding", "token"],
  ["logit", "logit"],
];

const kindOf = (type: string): string =>
  TYPES.find(([name]) => name === type)?.[1] ?? (type === "" ? "feature" : type);

/**
 * What each node has of all influence. In a file, a node's number is what it and the more influential ones have together, so that small
 * numbers matter; logits, for whose sake the others are there, have none.
 */
function ownInfluence(nodes: readonly TracerNode[]): ReadonlyMap<TracerNode, number> {
  const numbered = nodes.filter(({ influence }) => typeof influence === "number");
  const own = new Map<TracerNode, number>();
  let before = 0;
  for (const node of numbered.toSorted((one, other) => (one.influence ?? 0) - (other.influence ?? 0))) {
    own.set(node, (node.influence ?? 0) - before);
    before = node.influence ?? 0;
  }
  for (const node of nodes)
    if (!own.has(node)) own.set(node, kindOf(node.feature_type ?? "") === "logit" ? 1 : 0);
  return own;
}

/** The numbers of a file, from what each node has: the inverse of {@link ownInfluence}. */
function sharedInfluence(nodes: GraphData["nodes"]): ReadonlyMap<string, number> {
  const counted = nodes
    .filter(({ kind }) => kind !== "logit")
    .toSorted((one, other) => Math.abs(other.influence) - Math.abs(one.influence));
  const total = Math.max(
    1,
    counted.reduce((sum, { influence }) => sum + Math.abs(influence), 0),
  );
  let before = 0;
  return new Map(counted.map(({ id, influence }) => [id, (before += Math.abs(influence) / total)]));
}

/** Layers from below upwards: the embedding first, numbers rising, all else last. */
function layerNames(names: readonly string[]): readonly string[] {
  const height = (name: string): number => (name === "E" ? -1 : /^\d+$/.test(name) ? Number(name) : Infinity);
  return [...new Set(names)].sort((one, other) => height(one) - height(other) || (one < other ? -1 : 1));
}

function parse(given: unknown): CircuitTracer {
  let value = given;
  if (typeof given === "string") {
    try {
      value = JSON.parse(given);
    } catch {
      throw dataInvalid(VIEW, "a text that is no JSON", "Give a file of circuit-tracer.");
    }
  }
  const { nodes, links } = Object(value) as Partial<CircuitTracer>;
  if (!Array.isArray(nodes) || !Array.isArray(links))
    throw dataInvalid(VIEW, "JSON without nodes and links", "Give a file of circuit-tracer.");
  const misfit = FILE(value, "");
  if (misfit !== undefined)
    throw dataInvalid(VIEW, told(misfit), `Give a file of circuit-tracer: ${misfit.wanted}.`);
  return value as CircuitTracer; // looked at
}
