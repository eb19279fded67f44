import { type Drawn, type DrawnNode, make } from "./tree.ts";
import type { State } from "../description/types.ts";
import { cut, shown } from "../description/shown.ts";
import { widthOf } from "../description/width.ts";
import type { Theme } from "../ink/theme.ts";
import type { Layer } from "./layer.ts";

export type { Drawn };

/** What a block is drawn with. */
export interface Frame {
  /** Pixels there are. */
  readonly width: number;
  readonly theme: Theme;
  readonly state: State;
  /** Whether a drawing may be larger than its frame, and is then scrolled. */
  readonly scrolls?: boolean;
}

/** x, y, width and height, in pixels of the drawing. */
export type Box = readonly [number, number, number, number];

/** A block drawn: its nodes, how large it is, and where its cells are. */
export interface Drawing {
  readonly node: DrawnNode;
  readonly width: number;
  readonly height: number;
  /** Cells in a regular grid: where it lies and how many there are; for pointers. */
  readonly area?: { readonly box: Box; readonly rows: number; readonly cols: number };
  /** Of a drawing that is scrolled: its labels above and left of a corner, which stay in sight. */
  readonly fixed?: {
    readonly above: DrawnNode;
    readonly left: DrawnNode;
    readonly corner: readonly [number, number];
    /** Over these while a cell is looked at: the labels of its column and row that have no room. */
    readonly over?: (row: number, col: number) => readonly [above: Drawn, left: Drawn];
  };
  /** What lies under the nodes, the first at the bottom. */
  readonly layers?: readonly Layer[];
  /** What is drawn over it while a cell is looked at: the labels that have no room. */
  readonly over?: (row: number, col: number) => Drawn;
  /** Where a cell of the block's grid is. */
  readonly box?: (row: number, col: number) => Box | undefined;
}

export const MONO = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";
export const SANS = "system-ui, 'DejaVu Sans', sans-serif";
/** Width of a cell of the monospaced font, in shares of its size. */
const ADVANCE = 0.605;

/** Estimated pixels of a text in the monospaced font. */
export function textWidth(content: string, size: number): number {
  return widthOf(content) * size * ADVANCE;
}

/** How many cells of text fit. */
export function cellsIn(pixels: number, size: number): number {
  return Math.max(0, Math.floor(pixels / (size * ADVANCE)));
}

/** Numbers of attributes, short. */
export function px(value: number): number {
  return Math.round(value * 100) / 100;
}

/** How a text is set. */
export interface TextStyle {
  readonly size?: number;
  readonly fill?: string;
  readonly anchor?: "start" | "middle" | "end";
  readonly sans?: boolean;
  readonly bold?: boolean;
  /** Turned by 90°, read from below. */
  readonly turned?: boolean;
  readonly halo?: string;
}

/** A line of text; `y` is its baseline. Whatever it is, it is shown as `shown` does, and its direction is its own. */
export function text(x: number, y: number, content: string, style: TextStyle = {}): DrawnNode {
  const { size = 11, fill = "#000000", anchor = "start", sans = false, bold = false, turned = false } = style;
  return make(
    "text",
    {
      x: px(x),
      y: px(y),
      "font-size": size,
      fill,
      "unicode-bidi": "isolate",
      ...(sans && { "font-family": SANS }),
      ...(bold && { "font-weight": 600 }),
      ...(anchor !== "start" && { "text-anchor": anchor }),
      ...(turned && { transform: `rotate(-90 ${px(x)} ${px(y)})` }),
      ...(style.halo !== undefined && { stroke: style.halo, "stroke-width": 3, "paint-order": "stroke" }),
    },
    shown(content),
  );
}

/** What a drawing shows, in a small line above it, cut to the room there is. */
export function heading(x: number, width: number, content: string, theme: Theme): DrawnNode {
  return text(x, 11, cut(content, cellsIn(width - x, 9)), { size: 10, sans: true, fill: theme.soft });
}

/** A filled box. */
export function rect(
  [x, y, width, height]: Box,
  fill: string,
  more: Record<string, unknown> = {},
): DrawnNode {
  return make("rect", {
    x: px(x),
    y: px(y),
    width: px(Math.max(0, width)),
    height: px(Math.max(0, height)),
    fill,
    ...more,
  });
}

/** What marks a number below the centre where colours are the reader's own, and tell nothing. */
export const signed = (value: number | undefined, centre: number): Record<string, unknown> =>
  (value ?? centre) < centre ? { class: "below" } : {};

/** A straight line. */
export function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: string,
  more: Record<string, unknown> = {},
): DrawnNode {
  return make("line", { x1: px(x1), y1: px(y1), x2: px(x2), y2: px(y2), stroke, ...more });
}

/** Nodes in a group, moved. */
export function group(children: readonly Drawn[], move?: readonly [number, number]): DrawnNode {
  const at = move === undefined ? {} : { transform: `translate(${px(move[0])} ${px(move[1])})` };
  return make("g", at, ...children);
}

/** The outline of what is selected: dark and light, so that it shows on every colour. */
export function outline([x, y, width, height]: Box, theme: Theme): DrawnNode {
  const box = { x: px(x), y: px(y), width: px(width), height: px(height), fill: "none" };
  return make(
    "g",
    { "pointer-events": "none" },
    make("rect", { ...box, stroke: theme.paper, "stroke-width": 4 }),
    make("rect", { ...box, stroke: theme.mark, "stroke-width": 2 }),
  );
}
