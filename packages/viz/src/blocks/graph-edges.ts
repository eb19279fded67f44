import { decimals, most } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import { cellsIn, type Drawn, type Frame, group, heading, rect, text } from "../layout/frame.ts";
import type { GraphLink, GraphNode, Seen } from "./graph-layout.ts";

const LINE = 18;
/** Links of each side that have bars; the table has all. */
const MOST = 8;
const NUMBER = 44;

/** The strongest links into a node and out of it as bars, one half of the width each. */
export function edgesDrawn(
  { nodes, links }: Seen,
  { id, label }: GraphNode,
  { theme, width }: Pick<Frame, "theme" | "width">,
): { readonly node: Drawn; readonly height: number } {
  const half = width / 2 - 12;
  const names = new Map(nodes.map((each) => [each.id, shown(each.label)]));
  const sides = [
    { words: `into ${shown(label)}`, own: links.filter(({ to }) => to === id), end: "from" },
    { words: `out of ${shown(label)}`, own: links.filter(({ from }) => from === id), end: "to" },
  ] as const;
  const largest = most(links, ({ weight }) => Math.abs(weight), 1e-12);
  const left = half * 0.45;
  const bar = ({ weight, ...link }: GraphLink, end: "from" | "to", y: number): readonly Drawn[] => [
    text(left - 6, y + 12, cut(names.get(link[end]) ?? "", cellsIn(left - 6, 10.5)), {
      anchor: "end",
      size: 10.5,
      fill: theme.ink,
    }),
    text(left + NUMBER - 6, y + 12, decimals(weight, 2), { anchor: "end", size: 10.5, fill: theme.ink }),
    rect(
      [left + NUMBER, y + 3, Math.max(1, (Math.abs(weight) / largest) * (half - left - NUMBER)), LINE - 7],
      weight < 0 ? theme.negative : theme.positive,
    ),
  ];
  const drawn = sides.map(({ words, own, end }, i) =>
    group(
      [
        heading(0, half, own.length > MOST ? `${words}, the largest ${MOST} of ${own.length}` : words, theme),
        ...own.slice(0, MOST).flatMap((link, k) => bar(link, end, 18 + k * LINE)),
      ],
      [i * (half + 24), 0],
    ),
  );
  const rows = most(sides, ({ own }) => Math.min(MOST, own.length));
  return { node: group(drawn), height: 26 + rows * LINE };
}
