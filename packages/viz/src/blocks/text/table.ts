import { axisOf, labelsOf } from "../../description/axes.ts";
import { cut, fill, shown } from "../../description/shown.ts";
import type { Description } from "../../description/types.ts";
import type { TextOptions } from "../block.ts";
import { type Table, MOST, cellOf } from "../table.ts";
import { columnsOf } from "../../layout/paint.ts";

export function tableText(d: Description, b: Table, { columns }: TextOptions): string {
  const axis = axisOf(d, b.axis);
  const count = Math.min(MOST, axis.labels.length);
  const head = [axis.title, ...b.columns.map(({ title }) => shown(title))];
  const width = Math.max(6, Math.floor(columns / head.length) - 2);
  const body = Array.from({ length: count }, (_, i) => [
    labelsOf(axis)[i] ?? "",
    ...b.columns.map((column) => cellOf(column, i)),
  ]);
  const cells = [head, ...body].map((row) => row.map((cell) => cut(cell, width)));
  const more = axis.labels.length > count ? [fill(`${axis.labels.length - count} more`, 0)] : [];
  return [...columnsOf(cells, columns), ...more].join("\n");
}
