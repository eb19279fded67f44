import { most } from "../description/numbers.ts";
import { countOf, labelsOf } from "../description/axes.ts";
import { shown } from "../description/shown.ts";
import type { AnyBlock, Axis, State } from "../description/types.ts";
import { chosen, chosenNumber } from "./block.ts";

/** A feature, a head, a token or a logit. */
export interface GraphNode {
  readonly id: string;
  readonly label: string;
  /** Index on the axis of positions. */
  readonly pos: number;
  /** Index on the axis of layers. */
  readonly layer: number;
  readonly kind: string;
  /** How much it has to do with the output, 0 to 1 or a score. */
  readonly influence: number;
  readonly activation?: number;
  /** Nodes of one group are drawn as one. */
  readonly group?: string;
}

/** What one node adds to another. */
export interface GraphLink {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
}

/** Nodes by position and layer, and what flows between them. */
export interface Graph extends AnyBlock {
  readonly block: "graph";
  readonly pos: string;
  readonly layer: string;
  readonly scale: string;
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
  /** What was in the file before it was pruned. */
  readonly total?: { readonly nodes: number; readonly links: number };
}

/** More than these are not drawn. */
export const MOST_NODES = 500;
export const MOST_LINKS = 5000;

/** A graph without what is hidden, pruned and not found, its groups drawn as one node each. */
export interface Seen {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
}

/** The name under which a node is pinned or hidden. */
export function nodeName(b: Graph, id: string): string {
  return `${b.id}.${id}`;
}

/** Whether a node is pinned. */
export function isPinned(b: Graph, id: string, state: State): boolean {
  return state.pinned.includes(nodeName(b, id));
}

/** The nodes and links that are drawn: the strongest within the limits, pinned ones always. */
export function seenOf(b: Graph, state: State): Seen {
  const { nodes, links } = b;
  const search = chosen(state, b, "search", "").toLowerCase();
  const share = chosenNumber(state, b, "nodes", 1);
  const isWanted = (node: GraphNode): boolean =>
    !state.hidden.includes(nodeName(b, node.id)) &&
    (search === "" || node.label.toLowerCase().includes(search));
  const wanted = nodes.filter(isWanted).toSorted((one, other) => rank(b, other, state) - rank(b, one, state));
  const count = Math.min(MOST_NODES, Math.max(1, Math.ceil(wanted.length * share)));
  const taken = wanted.slice(0, count);
  const head = new Map(
    taken.map((node) => [node.id, node.group === undefined ? node.id : `group ${node.group}`]),
  );
  const merged = mergeGroups(taken);
  const joined = new Map<string, GraphLink>();
  for (const { from, to, weight } of links) {
    const [source, target] = [head.get(from), head.get(to)];
    if (source === undefined || target === undefined || source === target) continue;
    const key = `${source}\n${target}`;
    joined.set(key, { from: source, to: target, weight: (joined.get(key)?.weight ?? 0) + weight });
  }
  const strongest = [...joined.values()].toSorted(
    (one, other) => Math.abs(other.weight) - Math.abs(one.weight),
  );
  const limit = Math.min(MOST_LINKS, Math.ceil(strongest.length * chosenNumber(state, b, "links", 1)));
  return { nodes: merged, links: strongest.slice(0, limit) };
}

const rank = (b: Graph, { id, influence }: GraphNode, state: State): number =>
  isPinned(b, id, state) ? Infinity : Math.abs(influence);

function mergeGroups(nodes: readonly GraphNode[]): readonly GraphNode[] {
  const byGroup = new Map<string, GraphNode[]>();
  for (const node of nodes)
    if (node.group !== undefined) byGroup.set(node.group, [...(byGroup.get(node.group) ?? []), node]);
  const groups = [...byGroup].map(([name, members]) => {
    const influence = members.reduce((sum, each) => sum + each.influence, 0);
    const [first] = members as [GraphNode];
    const { activation: _, group: __, ...rest } = first;
    return { ...rest, id: `group ${name}`, label: `${name} (${members.length})`, influence };
  });
  return [...nodes.filter(({ group }) => group === undefined), ...groups];
}

/** Where each node is, and how wide the columns of positions are: as wide as their nodes want. */
export interface Placed {
  readonly at: ReadonlyMap<string, readonly [number, number]>;
  /** Left edge and width by index of position; columns without nodes are narrow. */
  readonly columns: readonly (readonly [number, number])[];
  readonly rows: readonly number[];
  /** Pixels from a node to the next one of its layer, or to the end. */
  readonly room: ReadonlyMap<string, number>;
  readonly height: number;
}

const ROW = 34;
/** Pixels of a circuit with few layers: links need some to be told apart. */
const LEAST = 220;
const NODE = 16;

/** Positions from left to right, layers from below upwards. */
export function placeNodes(
  seen: Seen,
  [pos, layer]: readonly [Axis, Axis],
  [left, width]: readonly [number, number],
): Placed {
  const cells = new Map<string, GraphNode[]>();
  for (const node of seen.nodes) {
    const key = `${node.pos},${node.layer}`;
    cells.set(key, [...(cells.get(key) ?? []), node]);
  }
  const crowd = pos.labels.map((_, p) => most(layer.labels, (__, l) => cells.get(`${p},${l}`)?.length ?? 0));
  const labels = labelsOf(pos);
  const wants = crowd.map((count, p) =>
    count === 0 ? 10 : Math.max(count * NODE + 10, Math.min(70, (labels[p]?.length ?? 0) * 6.7 + 8)),
  );
  const total = wants.reduce((sum, each) => sum + each, 0);
  // A single column, of nodes that act at no position, takes all there is.
  const factor = Math.min(wants.length === 1 ? Infinity : 2.5, width / Math.max(1, total));
  let x = left;
  const columns = wants.map((want): readonly [number, number] => {
    const column = [x, want * factor] as const;
    x += want * factor;
    return column;
  });
  const used = layer.labels.map((_, l) => seen.nodes.some((node) => node.layer === l));
  const count = Math.max(1, used.length);
  const row = Math.max(16, Math.min(Math.max(ROW, LEAST / count), 620 / count, 2 * ROW));
  const rows = layer.labels.map((_, l) => (countOf(layer) - 1 - l) * row + row / 2);
  const at = new Map<string, readonly [number, number]>();
  const room = new Map<string, number>();
  for (const [, nodes] of cells) {
    nodes.forEach((node, i) => {
      const [from, wide] = columns[node.pos] ?? [left, 10];
      at.set(node.id, [from + ((i + 0.5) * wide) / nodes.length, rows[node.layer] ?? 0]);
    });
  }
  // To the next one of its layer, or to the end.
  for (const [y] of rows.entries()) {
    const nodes = seen.nodes.filter((node) => node.layer === y);
    const places = nodes.map(({ id }) => at.get(id)?.[0] ?? 0);
    nodes.forEach(({ id }, i) => {
      const own = places[i] ?? 0;
      const next = places.reduce(
        (least, place) => (place > own ? Math.min(least, place) : least),
        left + width,
      );
      room.set(id, next - own);
    });
  }
  return { at, columns, rows, room, height: row * countOf(layer) };
}

/** The strongest links into and out of a node, in words. */
export function linksInWords({ nodes, links }: Seen, id: string, count: number): string {
  const name = (other: string): string => shown(nodes.find((node) => node.id === other)?.label ?? other);
  const list = (own: readonly GraphLink[], end: "from" | "to"): string =>
    own
      .slice(0, count)
      .map((link) => `${name(link[end])} ${link.weight.toFixed(2).replace("-", "−")}`)
      .join(", ");
  const [into, out] = [links.filter(({ to }) => to === id), links.filter(({ from }) => from === id)];
  return [
    into.length === 0 ? "" : `from ${list(into, "from")}`,
    out.length === 0 ? "" : `to ${list(out, "to")}`,
  ]
    .filter((each) => each !== "")
    .join("; ");
}

/** How many nodes and links are shown, of how many. */
export function countsInWords(b: Graph, { nodes, links }: Seen): string {
  const all = b.total ?? { nodes: b.nodes.length, links: b.links.length };
  const of = (some: number, every: number): string => (some === every ? String(some) : `${some} of ${every}`);
  return `${of(nodes.length, all.nodes)} nodes, ${of(links.length, all.links)} links`;
}
