import { axisOf, countOf } from "../description/axes.ts";
import { exact } from "../description/numbers.ts";
import type { AnyBlock, Description, Numbers, State } from "../description/types.ts";
import { centreOf, isCut, scaleOf } from "../ink/scale.ts";
import { type Box, type Drawing, type Frame, group, heading, rect } from "../layout/frame.ts";
import { legend } from "../layout/legend.ts";
import { cutOut, type Layer } from "../layout/layer.ts";
import { type DrawnKind, type Control, chosen, chosenNumber, type Grid, type Rows } from "./block.ts";
import { cellLayer } from "./cell-layer.ts";
import { choice, slider } from "./controls.ts";

/** Scores over an image. The axes `y` and `x` are those of the scores, which may be coarser than the image. */
export interface Raster extends AnyBlock {
  readonly block: "raster";
  /** Pixels of the image: rows and columns. */
  readonly size: readonly [number, number];
  /** Red, green and blue, 0 to 255, pixel by pixel. */
  readonly image: Numbers;
  readonly y: string;
  readonly x: string;
  readonly scale: string;
  readonly values: Numbers;
}

/** Images are drawn with at most so many pixels a side. */
const MOST = 1024;

function draw(d: Description, b: Raster, { theme, state, width }: Frame): Drawing {
  const scale = scaleOf(d, b.scale, state);
  const beside = chosen(state, b, "layout", "over") === "beside";
  const room = beside ? (width - 12) / 2 : width;
  const factor = Math.min(420 / Math.max(1, b.size[0]), room / Math.max(1, b.size[1]), 24);
  const [height, across] = [b.size[0] * factor, b.size[1] * factor];
  const [down, cols] = [countOf(axisOf(d, b.y)), countOf(axisOf(d, b.x))];
  const left = beside ? across + 12 : 0;
  const box = (row: number, col: number): Box => [
    left + (col * across) / Math.max(1, cols),
    20 + (row * height) / Math.max(1, down),
    across / Math.max(1, cols),
    height / Math.max(1, down),
  ];
  const smooth = chosen(state, b, "pixels", "nearest") === "bilinear";
  const opacity = beside ? 1 : chosenNumber(state, b, "opacity", 0.6);
  const under: Layer[] = b.image.length === 0 ? [] : [pictureOf(b, [across, height])];
  if (down * cols > 0) {
    const own = cellLayer(
      b,
      { scale, centre: centreOf(scale) },
      [down, cols],
      [[left, 20, across, height], theme],
    );
    under.push({ ...own.layer, opacity, smooth });
  }
  const notes = [
    `scores ${down} × ${cols}, ${smooth ? "bilinear" : "nearest"}`,
    beside ? "beside the image" : `over the image at ${Math.round(opacity * 100)} %`,
  ];
  const foot = legend(scale, theme, width, { cut: isCut(scale, b.values), notes });
  return {
    node: group([
      heading(0, width, `${b.size[0]} × ${b.size[1]} pixels`, theme),
      b.image.length === 0 && down * cols === 0 ? rect([0, 20, across, height], theme.line) : null,
      group([foot.node], [0, height + 32]),
    ]),
    width,
    height: height + 32 + foot.height,
    layers: under,
    area: { box: [left, 20, across, height], rows: down, cols },
    box,
  };
}

/** The image, thinned to the pixels that are drawn. */
function pictureOf(b: Raster, [width, height]: readonly [number, number]): Layer {
  const [lines, cols] = b.size;
  const step = Math.max(1, Math.ceil(Math.max(lines, cols) / MOST));
  const [down, across] = [Math.ceil(lines / step), Math.ceil(cols / step)];
  const bytes = new Uint8Array(down * across * 3);
  for (let y = 0; y < down; y += 1)
    for (let x = 0; x < across; x += 1)
      for (let c = 0; c < 3; c += 1)
        bytes[(y * across + x) * 3 + c] = Math.max(
          0,
          Math.min(255, Math.round(b.image[(y * step * cols + x * step) * 3 + c] ?? 0)),
        );
  return { box: [0, 20, width, height], rows: down, cols: across, bytes: cutOut(bytes, across, 3) };
}

export function grid(d: Description, b: Raster): Grid {
  const [y, x] = [axisOf(d, b.y), axisOf(d, b.x)];
  const cols = countOf(x);
  return {
    rows: countOf(y),
    cols,
    value: (row, col) => b.values[row * cols + col] ?? Number.NaN,
    sentence: (row, col) =>
      `row ${y.labels[row] ?? row}, column ${x.labels[col] ?? col}: ${exact(b.values[row * cols + col])}`,
    at: (row, col) => ({ [y.name]: y.at[row] ?? row, [x.name]: x.at[col] ?? col }),
  };
}

function rows(d: Description, b: Raster): Rows {
  const [y, x] = [axisOf(d, b.y), axisOf(d, b.x)];
  const cols = Math.max(1, countOf(x));
  return {
    columns: [y.name, x.name, "value"],
    rows: [...b.values].map((value, i) => [y.at[Math.floor(i / cols)] ?? 0, x.at[i % cols] ?? 0, value]),
  };
}

function controls(_: Description, b: Raster, state: State): readonly Control[] {
  return [
    choice(state, b, "layout", "scores", [
      ["over", "over the image"],
      ["beside", "beside it"],
    ]),
    choice(state, b, "pixels", "pixels", [
      ["nearest", "nearest"],
      ["bilinear", "bilinear"],
    ]),
    slider(state, b, "opacity", "opacity", [0, 1, 0.05, 0.6]),
  ];
}

/** Scores over an image. */
export const raster: DrawnKind<Raster> = {
  block: "raster",
  svg: draw,
  rows,
  grid,
  controls,
};
