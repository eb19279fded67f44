import { graphlib, layout } from "@dagrejs/dagre";
import { type Graph, isPinned, seenOf } from "../blocks/graph-layout.ts";
import { shown } from "../description/shown.ts";
import { themeOf } from "../ink/theme.ts";
import { MONO, px, text, textWidth } from "../layout/frame.ts";
import { type Drawn, make } from "../layout/tree.ts";
import { render } from "./dom.ts";
import type { Extra } from "./extra.ts";

/** The pinned nodes of a circuit and the links between them, laid out by themselves below it. */
export const pinnedLayout: Extra = (element, root) => {
  const block = element.description?.blocks.find((each): each is Graph => each.block === "graph");
  const figure = root.querySelector("figure");
  if (figure === null) return;
  const old = figure.querySelector<HTMLElement>(".pinned");
  const place =
    old ?? figure.appendChild(Object.assign(document.createElement("div"), { className: "pinned" }));
  const seen = block === undefined ? undefined : seenOf(block, element.state);
  const nodes =
    block === undefined ? [] : (seen?.nodes ?? []).filter(({ id }) => isPinned(block, id, element.state));
  render(
    nodes.length === 0
      ? null
      : drawn(nodes, seen?.links ?? [], element.getAttribute("theme") === "dark" ? "dark" : "light"),
    place,
  );
};

function drawn(
  nodes: ReturnType<typeof seenOf>["nodes"],
  links: ReturnType<typeof seenOf>["links"],
  name: "light" | "dark",
): ReturnType<typeof make> {
  const theme = themeOf(name);
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: "BT", nodesep: 16, ranksep: 40 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id, label } of nodes)
    graph.setNode(id, { width: textWidth(shown(label), 11) + 16, height: 24 });
  for (const { from, to } of links) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const lines = (graph.edges() as readonly { readonly v: string; readonly w: string }[]).map(
    ({ v, w }): Drawn => {
      const points = (
        graph.edge(v, w) as { readonly points: readonly { readonly x: number; readonly y: number }[] }
      ).points;
      const weight = links.find(({ from, to }) => from === v && to === w)?.weight ?? 0;
      const d = points.map(({ x, y }, i) => `${i === 0 ? "M" : "L"}${px(x)} ${px(y)}`).join("");
      return make("path", {
        d,
        fill: "none",
        stroke: weight < 0 ? theme.negative : theme.positive,
        "stroke-width": 2,
      });
    },
  );
  const boxes = nodes.flatMap(({ id, label }): Drawn[] => {
    const at = graph.node(id) as { readonly x: number; readonly y: number; readonly width: number };
    return [
      make("rect", {
        x: px(at.x - at.width / 2),
        y: px(at.y - 12),
        width: px(at.width),
        height: 24,
        rx: 4,
        fill: theme.paper,
        stroke: theme.mark,
      }),
      text(at.x, at.y + 4, shown(label), { anchor: "middle", fill: theme.ink }),
    ];
  });
  const words = `pinned: ${nodes.map(({ label }) => shown(label)).join(", ")}`;
  return make(
    "svg",
    {
      width: px(width + 4),
      height: px(height + 4),
      viewBox: `-2 -2 ${px(width + 4)} ${px(height + 4)}`,
      "font-family": MONO,
      role: "img",
      "aria-label": words,
    },
    ...lines,
    ...boxes,
  );
}
