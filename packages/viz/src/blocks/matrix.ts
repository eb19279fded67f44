import { most } from "../description/numbers.ts";
import { countOf, labelsOf, selectedIndex } from "../description/axes.ts";
import { cut, shown } from "../description/shown.ts";
import { widthOf } from "../description/width.ts";
import { type Description, NO_STATE, type State } from "../description/types.ts";
import { inkOn } from "../ink/colour.ts";
import { colourOf, isCut, rowScale } from "../ink/scale.ts";
import type { Theme } from "../ink/theme.ts";
import {
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  outline,
  rect,
  signed,
  text,
} from "../layout/frame.ts";
import { columnLabels, type Labels, rowLabels, rowRoom } from "../layout/labels.ts";
import { legend } from "../layout/legend.ts";
import { make } from "../layout/tree.ts";
import { poolNote } from "../layout/pool.ts";
import { arcsOf } from "./arcs.ts";
import { cellLayer } from "./cell-layer.ts";
import { type DrawnKind, type Control, chosen } from "./block.ts";
import { choice, stretching } from "./controls.ts";
import {
  cellText,
  isUnsure,
  largestLines,
  type Matrix,
  matrixGrid,
  type MatrixParts,
  matrixRows,
  partsOf,
} from "./matrix-cells.ts";
import { resolve } from "./facets-parts.ts";

/** More cells than these are drawn as one picture. */
const MOST_ELEMENTS = 2000;
const TALLEST = 640;

/** The size of a matrix' cells in a frame. */
interface Layout {
  readonly left: number;
  readonly cell: readonly [number, number];
  readonly size: readonly [number, number];
  /** Whether its reader chose how large cells are. */
  readonly isEnlarged: boolean;
}

/** Pixels of a cell that a reader of a large matrix may choose, beside what fits. */
const ZOOMS: readonly (readonly [string, string])[] = [
  ["fit", "fit"],
  ["0.25", "¼ pixel"],
  ["0.5", "½ pixel"],
  ["1", "1 pixel"],
  ["4", "4 pixels"],
  ["12", "12 pixels"],
];

function layOut(
  b: Matrix,
  { rows, cols }: MatrixParts,
  { width, state, scrolls = false }: Pick<Frame, "width" | "state" | "scrolls">,
): Layout {
  const [count, across] = [Math.max(1, countOf(rows)), Math.max(1, countOf(cols))];
  const left = rowRoom(rows, width * 0.28);
  const zoom = Number(chosen(state, b, "cells", "fit"));
  const isEnlarged = scrolls && zoom > 0;
  if (isEnlarged) return { left, cell: [zoom, zoom], size: [zoom * count, zoom * across], isEnlarged };
  const longest = most(b.text ?? [], widthOf);
  const widest = b.text === undefined ? 64 : Math.min(110, 16 + longest * 7);
  const x = Math.min(widest, (width - left - 2) / across);
  const y =
    count <= 40 ? Math.min(26, Math.max(15, x)) : Math.max(TALLEST / count, Math.min(12, x, TALLEST / count));
  return { left, cell: [y, x], size: [y * count, x * across], isEnlarged };
}

function cells(b: Matrix, parts: MatrixParts, { cell, left }: Layout, { theme }: Frame): readonly Drawn[] {
  const width = countOf(parts.cols);
  const nodes: Drawn[] = [];
  const room = cellsIn(cell[1] - 4, 10.5);
  const contents = Array.from(b.values, (_, i) => cellText(b, parts.centre, i));
  // Numbers in all cells, or in none: those that are left out would seem to be nothing.
  const fits = room >= 4 && cell[0] >= 13 && (b.text !== undefined || most(contents, widthOf) <= room);
  for (let i = 0; i < b.values.length; i += 1) {
    const [row, col] = [Math.floor(i / width), i % width];
    if (b.lower === true && col > row) continue;
    const scale = rowScale(parts.scale, b.values, row * width, (row + 1) * width);
    const colour = colourOf(scale, theme, b.values[i] ?? Number.NaN);
    const box = [left + col * cell[1], row * cell[0], cell[1] - 1, cell[0] - 1] as const;
    nodes.push(rect(box, colour, signed(b.values[i], parts.centre)));
    if (isUnsure(b, parts.centre, i)) nodes.push(rect(box, `url(#${hatchId(b)})`));
    if (!fits) continue;
    const style = { anchor: "middle", fill: inkOn(colour), size: 10.5 } as const;
    nodes.push(text(box[0] + box[2] / 2, box[1] + box[3] / 2 + 3.8, cut(contents[i] ?? "", room), style));
  }
  return nodes;
}

const hatchId = (b: Matrix): string => `hatch-${b.id.replaceAll(/[^\w-]/g, "_")}`;

/** Lines across, for cells whose interval holds the centre. */
function hatch(b: Matrix, theme: Theme): Drawn {
  if (b.low === undefined) return null;
  const stroke = make("path", { d: "M0 6L6 0", stroke: theme.soft, "stroke-width": 1, opacity: 0.4 });
  return make("pattern", { id: hatchId(b), width: 6, height: 6, patternUnits: "userSpaceOnUse" }, stroke);
}

const hatchNote = (b: Matrix, centre: number): string =>
  b.low !== undefined && b.values.some((_: number, i: number) => isUnsure(b, centre, i))
    ? "hatched: the interval holds the centre"
    : "";

function draw(given: Description, block: Matrix, frame: Frame): Drawing {
  const { d, b } = resolve(given, block, frame.state);
  if (chosen(frame.state, b, "as", "matrix") === "arcs") return arcsOf(d, b, frame);
  const parts = partsOf(d, b, frame.state);
  const { rows, cols, scale } = parts;
  const counts = [countOf(rows), countOf(cols)] as const;
  const layout = layOut(b, parts, frame);
  const [left, [y, x], [height, width]] = [layout.left, layout.cell, layout.size];
  const shared = { state: frame.state, theme: frame.theme };
  const top = columnLabels({ ...shared, axis: cols, cell: x, largest: largestLines(b, parts, "cols") }, left);
  const side = rowLabels(
    { ...shared, axis: rows, cell: y, largest: largestLines(b, parts, "rows") },
    left - 6,
    left,
  );
  const at = 16 + top.size; // the title, and the labels of columns
  const small = b.values.length <= MOST_ELEMENTS && x >= 2 && y >= 2;
  const image =
    small || b.values.length === 0
      ? undefined
      : cellLayer(b, parts, counts, [[left, at, width, height], frame.theme]);
  const box = (row: number, col: number): readonly [number, number, number, number] => [
    left + col * x,
    at + row * y,
    Math.max(2, x - 1),
    Math.max(2, y - 1),
  ];
  const by = [
    (b.pooled?.[0] ?? 1) * (image?.by[0] ?? 1),
    (b.pooled?.[1] ?? 1) * (image?.by[1] ?? 1),
  ] as const;
  const notes = [poolNote(by), image === undefined ? hatchNote(b, parts.centre) : ""];
  const foot = legend(scale, frame.theme, frame.width - left, { cut: isCut(scale, b.values), notes });
  const names = axisTitles(frame, parts, [left, width], b.title);
  return {
    node: group([
      hatch(b, frame.theme),
      names,
      group(top.nodes, [0, at]),
      group(side.nodes, [0, at]),
      group(image === undefined ? cells(b, parts, layout, frame) : [], [0, at]),
      ...selection(parts, frame, box),
      group([foot.node], [left, at + height + 10]),
    ]),
    width: Math.max(frame.width, left + width),
    height: at + height + 10 + foot.height,
    ...(layout.isEnlarged && {
      fixed: {
        above: group(top.nodes, [0, at]),
        left: group(side.nodes, [0, at]),
        corner: [left, at] as const,
        over: labelsOver(top, side, at),
      },
    }),
    layers: image === undefined ? [] : [image.layer],
    area: { box: [left, at, width, height], rows: counts[0], cols: counts[1] },
    box,
    ...(!layout.isEnlarged && { over: (row, col) => group(labelsOver(top, side, at)(row, col)) }),
  };
}

/** The labels of a cell's column and row, where these have no room by themselves. */
const labelsOver =
  (top: Labels, side: Labels, y: number) =>
  (row: number, col: number): readonly [above: Drawn, left: Drawn] => [
    group([top.over?.(col) ?? null], [0, y]),
    group([side.over?.(row) ?? null], [0, y]),
  ];

/** Which axis is which, in words above. */
function axisTitles(
  { theme }: Frame,
  { rows, cols }: MatrixParts,
  [left, width]: readonly [number, number],
  title: string | undefined,
): Drawn {
  const what = title === undefined ? "" : `${shown(title)}, `;
  const content = `${what}${labelsOf(rows).length} × ${labelsOf(cols).length}: ${rows.title} by ${cols.title}`;
  return text(left, 10, cut(content, cellsIn(Math.max(width, 160), 10)), {
    size: 10,
    fill: theme.soft,
    sans: true,
  });
}

function selection(
  { rows, cols }: MatrixParts,
  { state, theme }: Frame,
  box: (row: number, col: number) => readonly [number, number, number, number],
): readonly Drawn[] {
  const [row, col] = [selectedIndex(rows, state), selectedIndex(cols, state)];
  if (row === undefined || countOf(rows) === 0) return [];
  if (col !== undefined) return [outline(box(row, col), theme)];
  const [first, last] = [box(row, 0), box(row, Math.max(0, countOf(cols) - 1))];
  return [outline([first[0], first[1], last[0] + last[2] - first[0], first[3]], theme)];
}

function controls(d: Description, b: Matrix, state: State): readonly Control[] {
  const own = resolve(d, b, state);
  const { rows, cols } = partsOf(own.d, own.b);
  const count = countOf(rows) * countOf(cols);
  const as = choice(state, b, "as", "drawn as", [
    ["matrix", "matrix"],
    ["arcs", "arcs"],
  ]);
  const size = choice(state, b, "cells", "cells", ZOOMS);
  const isLarge = count > MOST_ELEMENTS;
  return [stretching(d, state, b.scale), ...(b.arcs === true ? [as] : []), ...(isLarge ? [size] : [])];
}

/** Numbers by row and column. */
export const matrix: DrawnKind<Matrix> = {
  block: "matrix",
  svg: draw,
  rows: (d, block) => {
    const own = resolve(d, block, NO_STATE);
    return matrixRows(own.d, own.b);
  },
  grid: (d, block, state) => {
    const own = resolve(d, block, state);
    return matrixGrid(own.d, own.b, state);
  },
  controls,
};
