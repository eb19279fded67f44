import { countOf, labelsOf, selectedIndex } from "../description/axes.ts";
import { farthest, range } from "../description/numbers.ts";
import { cut } from "../description/shown.ts";
import type { Description } from "../description/types.ts";
import { isCut, share } from "../ink/scale.ts";
import { type Drawing, type Drawn, type Frame, group, px, text } from "../layout/frame.ts";
import { LABEL } from "../layout/labels.ts";
import { legend } from "../layout/legend.ts";
import { make } from "../layout/tree.ts";
import { type Matrix, partsOf } from "./matrix-cells.ts";

/** Arcs drawn where no row is selected. */
const MOST_ARCS = 200;
const LINE = 18;

/** A matrix as arcs from its columns' labels on the left to its rows' on the right: the selected row, or the largest. */
export function arcsOf(d: Description, b: Matrix, { width, theme, state }: Frame): Drawing {
  const parts = partsOf(d, b, state);
  const { rows, cols, scale, centre } = parts;
  const across = countOf(cols);
  const row = selectedIndex(rows, state);
  const all =
    row === undefined ? farthest(b.values, centre, MOST_ARCS) : range(across).map((_, i) => row * across + i);
  const [from, to] = [Math.min(150, width * 0.3), Math.max(width * 0.3 + 60, Math.min(width - 150, 520))];
  const arcs = all.flatMap((i): Drawn[] => {
    const size = Math.abs(share(scale, b.values[i] ?? Number.NaN));
    if (!(size > 0.01)) return [];
    const [y0, y1] = [((i % across) + 0.5) * LINE, (Math.floor(i / across) + 0.5) * LINE];
    const middle = (from + to) / 2;
    const path = `M${px(from)} ${px(y0)}C${px(middle)} ${px(y0)} ${px(middle)} ${px(y1)} ${px(to)} ${px(y1)}`;
    const stroke = (b.values[i] ?? 0) < centre ? theme.negative : theme.positive;
    return [
      make("path", {
        d: path,
        fill: "none",
        stroke,
        "stroke-width": px(0.5 + size * 5),
        opacity: px(0.2 + size * 0.8),
      }),
    ];
  });
  const label = (axis: typeof rows, x: number, anchor: "start" | "end"): readonly Drawn[] =>
    labelsOf(axis).map((each, i) => {
      const isSelected = selectedIndex(axis, state) === i;
      const fill = isSelected ? theme.ink : theme.soft;
      return text(x, (i + 0.5) * LINE + 4, cut(each, 16), { size: LABEL, anchor, fill, bold: isSelected });
    });
  const height = Math.max(countOf(rows), across) * LINE;
  const told = row === undefined ? `the ${arcs.length} largest` : `from all to ${labelsOf(rows)[row] ?? ""}`;
  const foot = legend(scale, theme, width, { cut: isCut(scale, b.values), notes: [told] });
  return {
    node: group([
      ...arcs,
      ...label(cols, from - 6, "end"),
      ...label(rows, to + 6, "start"),
      group([foot.node], [0, height + 12]),
    ]),
    width,
    height: height + 12 + foot.height,
    box: (r) => [to, r * LINE, width - to, LINE],
  };
}
