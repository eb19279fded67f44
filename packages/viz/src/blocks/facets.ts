import { most } from "../description/numbers.ts";
import { axisOf, countOf } from "../description/axes.ts";
import type { Description, State } from "../description/types.ts";
import { centreOf, isCut, rampOf, rowScale, scaleOf, stepOf } from "../ink/scale.ts";
import { type Box, type Drawing, type Drawn, type Frame, group, outline, text } from "../layout/frame.ts";
import { columnLabels, rowLabels, rowRoom } from "../layout/labels.ts";
import { legend } from "../layout/legend.ts";
import { cutOut, type Layer } from "../layout/layer.ts";
import { poolNote, poolTo } from "../layout/pool.ts";
import type { DrawnKind, Control } from "./block.ts";
import { choice } from "./controls.ts";
import { facetsGrid, facetsRows, measureOf, orderOf } from "./facets-cells.ts";
import { type Facets, facetValues, selectedFacet, sizeOf } from "./facets-parts.ts";

/** Pixels between facets. */
const GAP = 3;
const WIDEST = 120;

/** All facets as one layer, each pooled to the pixels it has. */
function layerOf(
  d: Description,
  b: Facets,
  frame: Frame,
  [left, top, cell]: readonly [number, number, number],
): { readonly layer: Layer; readonly by: readonly [number, number] } {
  const scale = scaleOf(d, b.scale, frame.state);
  const across = Math.max(1, countOf(axisOf(d, b.cols)));
  const order = orderOf(d, b, frame.state);
  const size = sizeOf(d, b);
  const side = Math.max(1, Math.floor(cell - GAP));
  const first = poolTo(facetValues(d, b, [0, 0]), size, centreOf(scale), [side, side]);
  const zoom = Math.max(1, Math.floor(side / Math.max(first.rows, first.cols, 1)));
  const inner = [first.rows * zoom, first.cols * zoom] as const;
  const pitch = [inner[0] + GAP, inner[1] + GAP] as const;
  const down = Math.max(1, Math.ceil(order.length / across));
  const [height, width] = [down * pitch[0], across * pitch[1]];
  const pixels = new Uint8Array(height * width).fill(254);
  order.forEach((place, i) => {
    const pooled = poolTo(facetValues(d, b, place), size, centreOf(scale), [side, side]);
    const [y0, x0] = [Math.floor(i / across) * pitch[0], (i % across) * pitch[1]];
    for (let y = 0; y < inner[0]; y += 1) {
      const row = Math.floor(y / zoom);
      const own = rowScale(scale, pooled.values, row * pooled.cols, (row + 1) * pooled.cols);
      for (let x = 0; x < inner[1]; x += 1) {
        const step = stepOf(own, pooled.values[row * pooled.cols + Math.floor(x / zoom)] ?? Number.NaN);
        pixels[(y0 + y) * width + x0 + x] = step < 0 ? 255 : Math.min(253, step);
      }
    }
  });
  const ramp = rampOf(scale, frame.theme);
  const palette = [...ramp.slice(0, 253), ramp.at(-1) ?? "", frame.theme.line, frame.theme.missing];
  const box: Box = [left, top, across * cell, down * cell];
  const layer = { box, rows: height, cols: width, palette, bytes: cutOut(pixels, width) };
  return { layer, by: first.by };
}

function draw(d: Description, b: Facets, frame: Frame): Drawing {
  const [rows, cols] = [axisOf(d, b.rows), axisOf(d, b.cols)];
  const [down, across] = [countOf(rows), Math.max(1, countOf(cols))];
  const left = rowRoom(rows, frame.width * 0.2);
  const cell = Math.min(WIDEST, (frame.width - left) / across);
  const measure = measureOf(b, frame.state);
  const shared = { state: frame.state, theme: frame.theme, cell, largest: [] };
  const head = columnLabels({ ...shared, axis: cols }, left);
  const side = rowLabels({ ...shared, axis: rows }, left - 6, left);
  const top = 16 + head.size;
  const picture =
    down * across === 0 || b.values.length === 0
      ? { layer: undefined, by: [1, 1] as const }
      : layerOf(d, b, frame, [left, top, cell]);
  const box = (row: number, col: number): Box => [
    left + col * cell,
    top + row * cell,
    cell - GAP,
    cell - GAP,
  ];
  const selected = selectedFacet(d, b, frame.state);
  const order = orderOf(d, b, frame.state);
  const place = order.findIndex(([row, col]) => row === selected[0] && col === selected[1]);
  const scale = scaleOf(d, b.scale, frame.state);
  const factor = b.size === undefined ? 1 : Math.ceil(countOf(axisOf(d, b.dest)) / Math.max(1, b.size[0]));
  const sorted = measure === undefined ? "" : `sorted by ${measure.name}, the largest first`;
  const notes = [poolNote([picture.by[0] * factor, picture.by[1] * factor]), sorted];
  const foot = legend(scale, frame.theme, frame.width - left, { cut: isCut(scale, b.values), notes });
  const title = `${rows.title} by ${cols.title}, each ${axisOf(d, b.dest).title} by ${axisOf(d, b.src).title}`;
  const labels =
    measure === undefined
      ? [group(head.nodes, [0, top]), group(side.nodes, [0, top])]
      : names(order, box, cell, frame);
  return {
    node: group([
      text(left, 10, title, { size: 10, fill: frame.theme.soft, sans: true }),
      ...labels,
      ...(place < 0 ? [] : [outline(box(Math.floor(place / across), place % across), frame.theme)]),
      group([foot.node], [left, top + down * cell + 8]),
    ]),
    width: frame.width,
    height: top + down * cell + 8 + foot.height,
    layers: picture.layer === undefined ? [] : [picture.layer],
    area: { box: [left, top, across * cell, down * cell], rows: down, cols: across },
    box,
  };
}

/** Sorted facets carry their own names. */
function names(
  order: readonly (readonly [number, number])[],
  box: (row: number, col: number) => Box,
  cell: number,
  { theme }: Frame,
): readonly Drawn[] {
  if (cell < 36) return [];
  const across = most(order, ([, col]) => col + 1, 1);
  return order.map(([row, col], i) => {
    const [x, y] = box(Math.floor(i / across), i % across);
    return text(x + 3, y + 11, `${row}.${col}`, { size: 10, fill: theme.ink, halo: theme.paper });
  });
}

function controls(_: Description, b: Facets, state: State): readonly Control[] {
  const { measures = [] } = b;
  if (measures.length === 0) return [];
  const options = measures.map(({ name }) => [name, name] as const);
  return [choice(state, b, "sort", "sorted by", [["", "place"], ...options])];
}

/** Many small matrices. */
export const facets: DrawnKind<Facets> = {
  block: "facets",
  svg: draw,
  rows: facetsRows,
  grid: facetsGrid,
  controls,
};
