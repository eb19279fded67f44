import {
  axisOf,
  coordinate,
  countOf,
  labelsOf,
  placeCells,
  placeColumns,
  selectedIndex,
} from "../description/axes.ts";
import { decimals, range } from "../description/numbers.ts";
import { cut, shown } from "../description/shown.ts";
import { widthOf } from "../description/width.ts";
import type { AnyBlock, Description, Numbers } from "../description/types.ts";
import {
  type Box,
  cellsIn,
  type Drawing,
  type Drawn,
  type Frame,
  group,
  line,
  outline,
  text,
} from "../layout/frame.ts";
import type { DrawnKind, Grid, Rows } from "./block.ts";

/** A column of numbers or of texts. */
export interface Column {
  readonly title: string;
  readonly values?: Numbers;
  readonly texts?: readonly string[];
}

/** Numbers and texts as they are. */
export interface Table extends AnyBlock {
  readonly block: "table";
  readonly axis: string;
  readonly columns: readonly Column[];
}

const LINE = 20;
/** Rows that are drawn; all are exported. */
export const MOST = 200;

export const cellOf = ({ values, texts }: Column, row: number): string =>
  texts === undefined ? decimals(values?.[row] ?? Number.NaN, 4) : shown(texts[row] ?? "");

function draw(d: Description, b: Table, { theme, state, width }: Frame): Drawing {
  const axis = axisOf(d, b.axis);
  const count = Math.min(MOST, countOf(axis));
  const all = [{ title: axis.title, texts: labelsOf(axis) }, ...b.columns];
  const wants = all.map((column) =>
    range(count)
      .map((_, i) => widthOf(cellOf(column, i)))
      .reduce((most, each) => Math.max(most, each), widthOf(column.title)),
  );
  const room = cellsIn(width, 11) - all.length * 2;
  const total = wants.reduce((sum, each) => sum + each, 0);
  const widths = wants.map((each) =>
    Math.min(
      each,
      Math.max(4, Math.floor((each / Math.max(1, total)) * Math.max(total > room ? room : total, 4))),
    ),
  );
  const starts = widths.map((_, i) =>
    widths.slice(0, i).reduce((sum, each) => sum + (each + 2) * 11 * 0.605, 0),
  );
  const cells = all.flatMap((column, c): Drawn[] => {
    const isNumber = column.texts === undefined;
    const x = (starts[c] ?? 0) + (isNumber ? (widths[c] ?? 0) * 11 * 0.605 : 0);
    const put = (y: number, content: string, fill_: string, bold = false): Drawn =>
      text(x, y, cut(content, widths[c] ?? 4), {
        fill: fill_,
        bold,
        ...(isNumber && { anchor: "end" as const }),
      });
    return [
      put(13, shown(column.title), theme.soft, true),
      ...range(count).map((_, i) => put(LINE + 14 + i * LINE, cellOf(column, i), theme.ink)),
    ];
  });
  const box = (row: number): Box => [0, LINE + row * LINE, width, LINE];
  const selected = selectedIndex(axis, state);
  const more =
    countOf(axis) > count
      ? [
          text(0, LINE * (count + 1) + 14, `${countOf(axis) - count} more`, {
            fill: theme.soft,
            sans: true,
          }),
        ]
      : [];
  return {
    node: group([
      line([0, LINE - 1], [width, LINE - 1], theme.line),
      ...cells,
      ...more,
      selected === undefined || selected >= count ? null : outline(box(selected), theme),
    ]),
    width,
    height: LINE * (count + 1 + more.length) + 4,
    area: { box: [0, LINE, width, count * LINE], rows: count, cols: 1 },
    box,
  };
}

function grid(d: Description, b: Table): Grid {
  const axis = axisOf(d, b.axis);
  return {
    rows: countOf(axis),
    cols: 1,
    value: (row) => b.columns.find(({ values }) => values !== undefined)?.values?.[row] ?? Number.NaN,
    sentence: (row) =>
      `${labelsOf(axis)[row] ?? ""}: ${b.columns.map((column) => `${shown(column.title)} ${cellOf(column, row)}`).join(", ")}`,
    at: (row) => coordinate(axis, row),
  };
}

function rows(d: Description, b: Table): Rows {
  const axis = axisOf(d, b.axis);
  return {
    columns: [...placeColumns(axis), ...b.columns.map(({ title }) => shown(title))],
    rows: axis.labels.map((_, i) => [
      ...placeCells(axis, i),
      ...b.columns.map(({ values, texts }) =>
        texts === undefined ? (values?.[i] ?? Number.NaN) : shown(texts[i] ?? ""),
      ),
    ]),
  };
}

/** Numbers and texts as they are. */
export const table: DrawnKind<Table> = { block: "table", svg: draw, rows, grid };
