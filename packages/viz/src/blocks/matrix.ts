import { labelsOf, selectedIndex } from "../description/axes.ts";
import { toBase64 } from "../description/base64.ts";
import { cut, widthOf } from "../description/shown.ts";
import { type Description, NO_STATE, type State } from "../description/types.ts";
import { inkOn } from "../ink/colour.ts";
import { colourOf, isCut, rampOf, rowScale, stepOf, STRETCHES } from "../ink/scale.ts";
import type { Theme } from "../ink/theme.ts";
import {
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  outline,
  px,
  rect,
  text,
} from "../layout/frame.ts";
import { columnLabels, rowLabels, rowRoom } from "../layout/labels.ts";
import { legend } from "../layout/legend.ts";
import { indexedPng } from "../layout/png.ts";
import { make } from "../layout/tree.ts";
import { poolNote, poolTo } from "../layout/pool.ts";
import { arcsOf } from "./arcs.ts";
import { type BlockKind, type Control, choose, chosen } from "./block.ts";
import { Faults } from "./faults.ts";
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
import { resolve } from "./facets-cells.ts";
import { parseStretch } from "./stretch.ts";
import { matrixText } from "./matrix-text.ts";

/** More cells than these are drawn as one picture. */
const MOST_ELEMENTS = 2000;
const TALLEST = 640;

/** The size of a matrix' cells in a frame. */
interface Layout {
  readonly left: number;
  readonly cell: readonly [number, number];
  readonly size: readonly [number, number];
}

function layOut(b: Matrix, { rows, cols }: MatrixParts, width: number): Layout {
  const [count, across] = [Math.max(1, rows.labels.length), Math.max(1, cols.labels.length)];
  const left = rowRoom(rows, width * 0.28);
  const longest = b.text?.reduce((most, each) => Math.max(most, widthOf(each)), 0) ?? 0;
  const widest = b.text === undefined ? 64 : Math.min(110, 16 + longest * 7);
  const x = Math.min(widest, (width - left - 2) / across);
  const y =
    count <= 40 ? Math.min(26, Math.max(15, x)) : Math.max(TALLEST / count, Math.min(12, x, TALLEST / count));
  return { left, cell: [y, x], size: [y * count, x * across] };
}

/** The picture of all cells, a pixel a cell, pooled to as many as are seen. */
export function cellImage(
  b: Pick<Matrix, "values" | "lower">,
  parts: Pick<MatrixParts, "scale" | "centre">,
  counts: readonly [number, number],
  [box, theme]: readonly [readonly [number, number, number, number], Theme],
): { readonly node: Drawn; readonly by: readonly [number, number] } {
  const [x, y, width, height] = box;
  const pooled = poolTo(b.values, counts, parts.centre, [
    Math.max(1, Math.floor(height)),
    Math.max(1, Math.floor(width)),
  ]);
  const indices = new Uint8Array(pooled.values.length);
  for (let row = 0; row < pooled.rows; row += 1) {
    const scale = rowScale(parts.scale, pooled.values, row * pooled.cols, (row + 1) * pooled.cols);
    for (let i = row * pooled.cols; i < (row + 1) * pooled.cols; i += 1) {
      const step = stepOf(scale, pooled.values[i] ?? Number.NaN);
      indices[i] = step < 0 ? 255 : step;
    }
  }
  const png = indexedPng(indices, [pooled.rows, pooled.cols], [...rampOf(parts.scale, theme), theme.missing]);
  const node = make("image", {
    x: px(x),
    y: px(y),
    // A last, partly filled cell of a pooled row is as wide as the others: it reaches beyond, and is cut.
    width: px((width * pooled.cols * pooled.by[1]) / counts[1]),
    height: px((height * pooled.rows * pooled.by[0]) / counts[0]),
    preserveAspectRatio: "none",
    "image-rendering": "pixelated",
    href: `data:image/png;base64,${toBase64(png)}`,
  });
  return { node, by: pooled.by };
}

function cells(b: Matrix, parts: MatrixParts, { cell, left }: Layout, { theme }: Frame): readonly Drawn[] {
  const width = parts.cols.labels.length;
  const nodes: Drawn[] = [];
  const room = cellsIn(cell[1] - 4, 10.5);
  for (let i = 0; i < b.values.length; i += 1) {
    const [row, col] = [Math.floor(i / width), i % width];
    if (b.lower === true && col > row) continue;
    const scale = rowScale(parts.scale, b.values, row * width, (row + 1) * width);
    const colour = colourOf(scale, theme, b.values[i] ?? Number.NaN);
    const box = [left + col * cell[1], row * cell[0], cell[1] - 1, cell[0] - 1] as const;
    nodes.push(rect(box, colour));
    if (isUnsure(b, parts.centre, i)) nodes.push(rect(box, `url(#${hatchId(b)})`));
    const content = cellText(b, parts.centre, i);
    if (room < 4 || cell[0] < 13 || (b.text === undefined && widthOf(content) > room)) continue;
    const style = { anchor: "middle", fill: inkOn(colour), size: 10.5 } as const;
    nodes.push(text(box[0] + box[2] / 2, box[1] + box[3] / 2 + 3.8, cut(content, room), style));
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

function draw(given: Description, block: Matrix, frame: Frame): Drawing {
  const { d, b } = resolve(given, block, frame.state);
  if (chosen(frame.state, b, "as", "matrix") === "arcs") return arcsOf(d, b, frame);
  const parts = partsOf(d, b, frame.state);
  const { rows, cols, scale } = parts;
  const counts = [rows.labels.length, cols.labels.length] as const;
  const layout = layOut(b, parts, frame.width);
  const [left, [y, x], [height, width]] = [layout.left, layout.cell, layout.size];
  const shared = { state: frame.state, theme: frame.theme };
  const top = columnLabels({ ...shared, axis: cols, cell: x, largest: largestLines(b, parts, "cols") }, left);
  const side = rowLabels(
    { ...shared, axis: rows, cell: y, largest: largestLines(b, parts, "rows") },
    left - 6,
    left,
  );
  const titleRoom = 16;
  const at = titleRoom + top.size;
  const small = b.values.length <= MOST_ELEMENTS && x >= 2 && y >= 2;
  const image =
    small || b.values.length === 0
      ? undefined
      : cellImage(b, parts, counts, [[left, 0, width, height], frame.theme]);
  const box = (row: number, col: number): readonly [number, number, number, number] => [
    left + col * x,
    at + row * y,
    Math.max(2, x - 1),
    Math.max(2, y - 1),
  ];
  const hasHatch =
    b.low !== undefined && b.values.some((_: number, i: number) => isUnsure(b, parts.centre, i));
  const by = [
    (b.pooled?.[0] ?? 1) * (image?.by[0] ?? 1),
    (b.pooled?.[1] ?? 1) * (image?.by[1] ?? 1),
  ] as const;
  const notes = [poolNote(by), hasHatch ? "hatched: the interval holds the centre" : ""];
  const foot = legend(scale, frame.theme, frame.width - left, { cut: isCut(scale, b.values), notes });
  const names = axisTitles(frame, parts, [left, width]);
  return {
    node: group([
      hatch(b, frame.theme),
      names,
      group(top.nodes, [0, at]),
      group(side.nodes, [0, at]),
      group(image === undefined ? cells(b, parts, layout, frame) : [image.node], [0, at]),
      ...selection(parts, frame, box),
      group([foot.node], [left, at + height + 10]),
    ]),
    width: frame.width,
    height: at + height + 10 + foot.height,
    area: { box: [left, at, width, height], rows: counts[0], cols: counts[1] },
    box,
  };
}

/** Which axis is which, in words above. */
function axisTitles(
  { theme }: Frame,
  { rows, cols }: MatrixParts,
  [left, width]: readonly [number, number],
): Drawn {
  const content = `${labelsOf(rows).length} × ${labelsOf(cols).length}: ${rows.title} by ${cols.title}`;
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
  if (row === undefined || rows.labels.length === 0) return [];
  if (col !== undefined) return [outline(box(row, col), theme)];
  const [first, last] = [box(row, 0), box(row, Math.max(0, cols.labels.length - 1))];
  return [outline([first[0], first[1], last[0] + last[2] - first[0], first[3]], theme)];
}

function controls(d: Description, b: Matrix, state: State): readonly Control[] {
  const stretch: Control = {
    kind: "choice",
    name: "stretch",
    label: "colours",
    options: STRETCHES.map(([value, name]) => [String(value), name]),
    value: String(state.stretch[b.scale] ?? d.scales[b.scale]?.stretch ?? 1),
    set: (old, value) => ({ ...old, stretch: { ...old.stretch, [b.scale]: parseStretch(value) } }),
  };
  const as: Control = {
    kind: "choice",
    name: "as",
    label: "drawn as",
    options: [
      ["matrix", "matrix"],
      ["arcs", "arcs"],
    ],
    value: chosen(state, b, "as", "matrix"),
    set: (old, value) => choose(old, b, "as", value),
  };
  return b.arcs === true ? [stretch, as] : [stretch];
}

function faults(d: Description, b: Matrix): readonly string[] {
  const found = new Faults(d, b);
  const sizes = [found.axis("rows", b.rows), found.axis("cols", b.cols)];
  found.scale(b.scale);
  if (b.from !== undefined) {
    if (!d.blocks.some(({ block, id }) => block === "facets" && id === b.from))
      found.add(`from names ${JSON.stringify(b.from)}, which is no block of facets`);
    return found.all;
  }
  found.count("values", b.values, sizes, true);
  found.count("low", b.low, sizes);
  found.count("high", b.high, sizes);
  found.count("text", b.text, sizes);
  found.count("details", b.details, sizes);
  if ((b.low === undefined) !== (b.high === undefined)) found.add("low and high go together");
  return found.all;
}

/** Numbers by row and column. */
export const matrix: BlockKind<Matrix> = {
  block: "matrix",
  svg: draw,
  text: (d, block, options) => {
    const own = resolve(d, block, NO_STATE);
    return matrixText(own.d, own.b, options);
  },
  faults,
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
