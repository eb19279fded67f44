import { axisOf, labelsOf, placeName, selectedIndex } from "../description/axes.ts";
import { brief, decimals } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import { type Axis, type Description, type Scale, type State } from "../description/types.ts";
import { share, scaleOf } from "../ink/scale.ts";
import {
  type Box,
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  heading,
  line,
  px,
  text,
  textWidth,
} from "../layout/frame.ts";
import { wrap } from "../layout/legend.ts";
import { make } from "../layout/tree.ts";
import { type DrawnKind, type Control, type Grid, type Rows } from "./block.ts";
import { slider, typed } from "./controls.ts";
import { edgesDrawn } from "./graph-edges.ts";
import {
  countsInWords,
  type Graph,
  type GraphNode,
  type Placed,
  type Seen,
  isPinned,
  linksInWords,
  nodeName,
  placeNodes,
  seenOf,
} from "./graph-layout.ts";

/** Its number is its coordinate. */
function selectedNode(b: Graph, state: State): GraphNode | undefined {
  const at = state.at[`${b.id}.node`];
  return at === undefined ? undefined : b.nodes[at];
}

function draw(d: Description, b: Graph, { theme, state, width }: Frame): Drawing {
  const [pos, layer] = [axisOf(d, b.pos), axisOf(d, b.layer)];
  const scale = scaleOf(d, b.scale, state);
  const seen = seenOf(b, state);
  const left = Math.min(90, width * 0.2);
  const placed = placeNodes(seen, [pos, layer], [left, width - left - 12]);
  const chosenNode = selectedNode(b, state);
  const chosenId = chosenNode?.id;
  const links = linksDrawn(seen, placed, { scale, theme, chosenId });
  const top = 18;
  const index = new Map(b.nodes.map((node, i) => [node.id, i]));
  const nodes = seen.nodes.flatMap((node) =>
    nodeDrawn(node, placed.at.get(node.id), {
      theme,
      state,
      b,
      isSelected: node.id === chosenId,
      index: index.get(node.id),
      room: placed.room.get(node.id) ?? 0,
    }),
  );
  const foot = top + placed.height + 18;
  const box = (row: number): Box | undefined => {
    const at = placed.at.get(b.nodes[row]?.id ?? "");
    return at === undefined ? undefined : [at[0] - 8, at[1] + top - 8, 16, 16];
  };
  const names = labelsDrawn([pos, layer], placed, left, { theme, state, width });
  const rules = placed.columns.map(([x]) =>
    line([x, 0], [x, placed.height], theme.line, { "stroke-width": 0.5 }),
  );
  const words = [
    countsInWords(b, seen),
    `widest line ${brief(Math.max(Math.abs(scale.low), Math.abs(scale.high)))} ${scale.title}`,
    "dashed: negative",
  ];
  const told = wrap(words, cellsIn(width - left, 9.6)).map((each, i) =>
    text(left, foot + 16 + i * 14, each, { size: 10.5, sans: true, fill: theme.soft }),
  );
  const edges = chosenNode === undefined ? undefined : edgesDrawn(seen, chosenNode, { theme, width });
  const end = foot + 10 + told.length * 14;
  return {
    node: group([
      heading(left, width, `${pos.title} from left to right, ${layer.title} upwards`, theme),
      make(
        "g",
        { class: "zoom", transform: `translate(0 ${top})` },
        make("g", {}, ...rules, ...links, ...nodes, ...names),
      ),
      ...told,
      edges === undefined ? null : group([edges.node], [0, end]),
    ]),
    width,
    height: end + (edges?.height ?? 0),
    box,
  };
}

interface LinkStyle extends Pick<Frame, "theme"> {
  readonly scale: Scale;
  readonly chosenId: string | undefined;
}

/** Links as curves, as wide as they are strong; those of other nodes than the selected one pale. */
function linksDrawn(seen: Seen, placed: Placed, { scale, theme, chosenId }: LinkStyle): readonly Drawn[] {
  return seen.links.flatMap(({ from, to, weight }): Drawn[] => {
    const [one, other] = [placed.at.get(from), placed.at.get(to)];
    if (one === undefined || other === undefined) return [];
    const isNear = chosenId === undefined || from === chosenId || to === chosenId;
    const size = Math.min(1, Math.abs(share(scale, weight)));
    const middle = (one[1] + other[1]) / 2;
    const path = `M${px(one[0])} ${px(one[1])}C${px(one[0])} ${px(middle)} ${px(other[0])} ${px(middle)} ${px(other[0])} ${px(other[1])}`;
    const stroke = weight < 0 ? theme.negative : theme.positive;
    return [
      make("path", {
        d: path,
        fill: "none",
        stroke,
        "stroke-width": px(0.5 + 3.5 * size),
        opacity: px((0.15 + 0.75 * size) * (isNear ? 1 : 0.2)),
        ...(weight < 0 && { "stroke-dasharray": "5 3" }),
      }),
    ];
  });
}

/** Names of layers on the left, and of positions below. */
function labelsDrawn(
  [pos, layer]: readonly [Axis, Axis],
  placed: Placed,
  left: number,
  { theme, state }: Frame,
): readonly Drawn[] {
  const sides = labelsOf(layer).map((label, l) =>
    text(left - 10, (placed.rows[l] ?? 0) + 4, cut(label, cellsIn(left - 12, 10)), {
      size: 10,
      anchor: "end",
      fill: theme.soft,
    }),
  );
  const names = placed.columns.flatMap(([x, w], p): Drawn[] =>
    w < 18 && selectedIndex(pos, state) !== p
      ? []
      : [
          text(x + w / 2, placed.height + 14, cut(labelsOf(pos)[p] ?? "", Math.max(3, cellsIn(w, 10))), {
            size: 10,
            anchor: "middle",
            fill: theme.soft,
            halo: theme.paper,
          }),
        ],
  );
  return [...sides, ...names];
}

interface NodeStyle extends Pick<Frame, "theme" | "state"> {
  readonly b: Graph;
  readonly isSelected: boolean;
  readonly index: number | undefined;
  /** Pixels to itself: where its name fits, it is written. */
  readonly room: number;
}

function nodeDrawn(
  node: GraphNode,
  at: readonly [number, number] | undefined,
  { theme, state, b, isSelected, index, room }: NodeStyle,
): readonly Drawn[] {
  if (at === undefined) return [];
  const [x, y] = at;
  const pinned = isPinned(b, node.id, state);
  const cell = index === undefined ? {} : { "data-cell": `${index},0` };
  const isBox = node.kind !== "feature";
  const shape = isBox
    ? make("rect", { x: px(x - 6), y: px(y - 6), width: 12, height: 12, rx: 2, fill: theme.ink, ...cell })
    : make("circle", {
        cx: px(x),
        cy: px(y),
        r: px(4 + 3 * Math.min(1, Math.abs(node.influence))),
        fill: theme.soft,
        ...cell,
      });
  const ring =
    isSelected || pinned
      ? make("circle", {
          cx: px(x),
          cy: px(y),
          r: 10,
          fill: "none",
          stroke: theme.mark,
          "stroke-width": 2,
          "pointer-events": "none",
        })
      : null;
  const target = make("circle", { cx: px(x), cy: px(y), r: 12, fill: "transparent", ...cell });
  const label =
    isSelected || pinned || textWidth(shown(node.label), 10.5) + 24 <= room
      ? text(x + 12, y - 6, cut(shown(node.label), 28), { size: 10.5, fill: theme.ink, halo: theme.paper })
      : null;
  return [shape, ring, target, label];
}

function grid(d: Description, b: Graph, state: State): Grid {
  const [pos, layer] = [axisOf(d, b.pos), axisOf(d, b.layer)];
  const seen = seenOf(b, state);
  return {
    rows: b.nodes.length,
    cols: 1,
    value: (row) => b.nodes[row]?.influence ?? Number.NaN,
    sentence: (row) => {
      const node = b.nodes[row];
      if (node === undefined) return "";
      const where = `${placeName(layer, node.layer)}, ${placeName(pos, node.pos)}`;
      const numbers = `influence ${decimals(node.influence, 3)}${node.activation === undefined ? "" : `, activation ${decimals(node.activation, 3)}`}`;
      return [
        `${shown(node.label)} (${shown(node.kind)}), ${where}: ${numbers}`,
        linksInWords(seen, node.id, 5),
      ]
        .filter((each) => each !== "")
        .join("; ");
    },
    at: (row) => {
      const node = b.nodes[row];
      return node === undefined
        ? {}
        : {
            [`${b.id}.node`]: row,
            [pos.name]: pos.at[node.pos] ?? 0,
            [layer.name]: layer.at[node.layer] ?? 0,
          };
    },
    name: (row) => nodeName(b, b.nodes[row]?.id ?? ""),
  };
}

function rows(_: Description, b: Graph): Rows {
  const nodes = b.nodes.map(({ id, label, pos, layer, kind, influence, activation }): (string | number)[] => [
    "node",
    shown(id),
    shown(label),
    pos,
    layer,
    shown(kind),
    influence,
    activation ?? "",
  ]);
  const links = b.links.map(({ from, to, weight }): (string | number)[] => [
    "link",
    shown(from),
    shown(to),
    "",
    "",
    "",
    weight,
    "",
  ]);
  return {
    columns: [
      "what",
      "id or from",
      "label or to",
      "pos",
      "layer",
      "kind",
      "influence or weight",
      "activation",
    ],
    rows: [...nodes, ...links],
  };
}

function controls(_: Description, b: Graph, state: State): readonly Control[] {
  const shares = [0.02, 1, 0.02, 1] as const;
  return [
    slider(state, b, "nodes", "share of nodes", shares),
    slider(state, b, "links", "share of links", shares),
    typed(state, b, "search", "label"),
  ];
}

/** Nodes by position and layer. At most 500 nodes and 5,000 links are drawn. */
export const graph: DrawnKind<Graph> = {
  block: "graph",
  svg: draw,
  rows,
  grid,
  controls,
};
