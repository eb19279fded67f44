import { most } from "../description/numbers.ts";
import type { Axis, State } from "../description/types.ts";
import { countOf, labelsOf, placeCells, selectedIndex } from "../description/axes.ts";
import { cut } from "../description/shown.ts";
import type { Theme } from "../ink/theme.ts";
import { cellsIn, type Drawn, group, rect, text, textWidth } from "./frame.ts";

/** Pixels of a label's font. */
export const LABEL = 11;
/** Longer labels are cut in the middle; beside rows and below lines there is more room. */
const MOST_CELLS = 14;
export const WIDE_CELLS = 16;

/** Labels drawn, and how much room they took. */
export interface Labels {
  readonly nodes: readonly Drawn[];
  readonly size: number;
  /** Where not all are there: that of one row or column, over what is there. */
  readonly over?: (i: number) => Drawn;
}

interface Placed {
  readonly axis: Axis;
  readonly state: State;
  readonly theme: Theme;
  /** Pixels of a row or column. */
  readonly cell: number;
  /** Rows or columns with the largest values, largest first: they keep their labels when others go. */
  readonly largest: readonly number[];
}

/** How many columns with the largest values keep their labels. */
const KEPT = 12;

/** The step between ticks, 1, 2 or 5 times a power of ten, with at least so many pixels between. */
function tickStep(cell: number, room: number): number {
  const least = room / cell;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? power * 10;
}

/** Labels above columns: level where they fit, else turned, else ticks with the index and the columns that matter. */
export function columnLabels({ axis, state, theme, cell, largest }: Placed, x0: number): Labels {
  const labels = labelsOf(axis).map((label) => cut(label, MOST_CELLS));
  const longest = most(labels, (label) => textWidth(label, LABEL));
  const centre = (i: number): number => x0 + (i + 0.5) * cell;
  const selected = selectedIndex(axis, state);
  const fill = (i: number): string => (i === selected ? theme.ink : theme.soft);
  if (longest + 4 <= cell) {
    const nodes = labels.map((label, i) =>
      text(centre(i), -5, label, { anchor: "middle", fill: fill(i), bold: i === selected }),
    );
    return { nodes, size: LABEL + 6 };
  }
  const turned = (i: number, label: string): Drawn =>
    text(centre(i) + LABEL / 3, -4, label, { turned: true, fill: fill(i), bold: i === selected });
  if (cell >= 12)
    return { nodes: labels.map((label, i) => turned(i, label)), size: Math.min(longest, MOST_CELLS * 7) + 8 };
  return thinned(
    { axis, cell, count: labels.length, largest, selected, size: longest },
    (i, withIndex) => turned(i, cut(numbered(axis, i, withIndex), MOST_CELLS + 4)),
    (i, size) => rect([centre(i) - 7, -size, 14, size], theme.paper),
  );
}

/** The coordinate of an index or, where that matters, its label; tokens, which are equal to others, have both. */
function numbered(axis: Axis, i: number, whole: boolean): string {
  const [at, label] = placeCells(axis, i);
  return !whole ? String(at) : axis.kind === "token" ? `${at} ${label}` : label;
}

interface Thinned {
  readonly axis: Axis;
  readonly cell: number;
  readonly count: number;
  readonly largest: readonly number[];
  readonly selected: number | undefined;
  readonly size: number;
}

/** Labels that have room: the selected, those with the largest values, then ticks. */
function thinned(
  { cell, count, largest, selected, size }: Thinned,
  draw: (i: number, whole: boolean) => Drawn,
  ground: (i: number, size: number) => Drawn,
): Labels {
  const taken: number[] = [];
  const free = (i: number): boolean => taken.every((other) => Math.abs(other - i) * cell >= LABEL + 2);
  const nodes: Drawn[] = [];
  const put = (i: number, whole: boolean): void => {
    if (!free(i)) return;
    taken.push(i);
    nodes.push(draw(i, whole));
  };
  if (selected !== undefined) put(selected, true);
  for (const i of largest.slice(0, KEPT)) put(i, true);
  const step = tickStep(cell, 40);
  for (let i = 0; i < count; i += step) put(i, false);
  const room = Math.min(size, MOST_CELLS * 7) + 40;
  return { nodes, size: room, over: (i) => group([ground(i, room), draw(i, true)]) };
}

/** Labels left of rows, which end at `x`; thinned where rows are lower than a line. */
export function rowLabels({ axis, state, theme, cell, largest }: Placed, x: number, room: number): Labels {
  const labels = labelsOf(axis);
  const selected = selectedIndex(axis, state);
  const draw = (i: number, label: string): Drawn =>
    text(x, (i + 0.5) * cell + LABEL * 0.36, cut(label, Math.min(WIDE_CELLS, cellsIn(room, LABEL))), {
      anchor: "end",
      fill: i === selected ? theme.ink : theme.soft,
      bold: i === selected,
    });
  if (cell >= LABEL) return { nodes: labels.map((label, i) => draw(i, label)), size: 0 };
  return thinned(
    { axis, cell, count: labels.length, largest, selected, size: 0 },
    (i, whole) => draw(i, numbered(axis, i, whole)),
    (i) => rect([x - room, (i + 0.5) * cell - 7, room, 14], theme.paper),
  );
}

/** More rows than these are lower than a line: tokens have their numbers before them. */
const MANY = 58;

/** Pixels that row labels want, up to a limit. */
export function rowRoom(axis: Axis, limit: number): number {
  const longest = most(labelsOf(axis), (label) => textWidth(cut(label, WIDE_CELLS), LABEL));
  const number = axis.kind === "token" && countOf(axis) > MANY ? 4 * LABEL : 0;
  return Math.min(limit, Math.max(longest + number, 3 * LABEL)) + 8;
}
