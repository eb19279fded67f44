import { axisOf, countOf, labelsOf, placeColumns, placeName } from "../description/axes.ts";
import { decimals, exact, farthest, range } from "../description/numbers.ts";
import { shown, tokenAlone } from "../description/shown.ts";
import type { AnyBlock, Axis, Description, Numbers, Scale, State } from "../description/types.ts";
import { centreOf, scaleOf } from "../ink/scale.ts";
import type { Grid, Rows } from "./block.ts";

/** Numbers by row and column, as colours. */
export interface Matrix extends AnyBlock {
  readonly block: "matrix";
  readonly rows: string;
  readonly cols: string;
  readonly scale: string;
  /** What these cells are, where there are several matrices. */
  readonly title?: string;
  readonly values: Numbers;
  /** Interval of each cell. Where it holds the centre of the scale, the cell may be nothing, and is marked so. */
  readonly low?: Numbers;
  readonly high?: Numbers;
  /** A text in each cell, such as a token, in place of the number. */
  readonly text?: readonly string[];
  /** Names and numbers told of each cell, such as the five likeliest tokens. */
  readonly details?: readonly (readonly (readonly [string, number])[])[];
  /** Further numbers of every cell, which are told of it and exported. */
  readonly also?: readonly { readonly name: string; readonly values: Numbers }[];
  /** Whether there is nothing above the diagonal. */
  readonly lower?: boolean;
  /** Cells nearer to the centre carry a dot in place of their number. */
  readonly quiet?: number;
  /** Rows and columns that were joined to one before, by the largest. */
  readonly pooled?: readonly [number, number];
  /** The block of facets whose selected one this is; `values` is then empty. */
  readonly from?: string;
  /** Whether the reader may have it drawn as arcs between one axis' labels. */
  readonly arcs?: boolean;
}

/** What a matrix has of its description. */
export interface MatrixParts {
  readonly rows: Axis;
  readonly cols: Axis;
  readonly scale: Scale;
  readonly centre: number;
}

export function partsOf(
  d: Description,
  b: Pick<Matrix, "rows" | "cols" | "scale">,
  state?: State,
): MatrixParts {
  const scale = scaleOf(d, b.scale, state);
  return { rows: axisOf(d, b.rows), cols: axisOf(d, b.cols), scale, centre: centreOf(scale) };
}

/** Whether the cell's interval holds the centre. */
export function isUnsure(b: Matrix, centre: number, i: number): boolean {
  const [low, high] = [b.low?.[i], b.high?.[i]];
  return low !== undefined && high !== undefined && low <= centre && high >= centre;
}

/** What a cell says: its text, its number, or a dot where it is quiet. */
export function cellText(b: Matrix, centre: number, i: number): string {
  const given = b.text?.[i];
  if (given !== undefined) return tokenAlone(given);
  const value = b.values[i] ?? Number.NaN;
  if (b.quiet !== undefined && Math.abs(value - centre) < b.quiet) return "·";
  return decimals(value, 2);
}

/** Columns, or rows, by the size of their largest cell. */
export function largestLines(
  b: Matrix,
  { rows, cols, centre }: MatrixParts,
  which: "rows" | "cols",
): readonly number[] {
  const count = which === "rows" ? countOf(rows) : countOf(cols);
  const width = countOf(cols);
  const top = new Float32Array(count);
  b.values.forEach((value: number, i: number) => {
    const line = which === "rows" ? Math.floor(i / width) : i % width;
    const size = Math.abs(value - centre);
    if (size > (top[line] ?? 0)) top[line] = size;
  });
  return farthest(top, 0, 12).filter((i) => (top[i] ?? 0) > 0);
}

/** "0.6412 [0.6012, 0.7012]", with what else is known of the cell. */
function valueInWords(b: Matrix, i: number): string {
  const given = b.text?.[i];
  const number = exact(b.values[i], b.low?.[i], b.high?.[i]);
  const also = (b.also ?? []).map(({ name, values }) => [name, values[i] ?? Number.NaN] as const);
  const details = [...also, ...(b.details?.[i] ?? [])]
    .map(([name, value]) => `${shown(name)} ${decimals(value, 3)}`)
    .join(", ");
  return [given === undefined ? number : `${tokenAlone(given)} ${number}`, details]
    .filter((each) => each !== "")
    .join("; ");
}

export function matrixGrid(d: Description, b: Matrix, state: State): Grid {
  const { rows, cols } = partsOf(d, b, state);
  const width = countOf(cols);
  return {
    rows: countOf(rows),
    cols: width,
    value: (row, col) => b.values[row * width + col] ?? Number.NaN,
    sentence: (row, col) =>
      `${placeName(rows, row)}, ${placeName(cols, col)}: ${valueInWords(b, row * width + col)}`,
    at: (row, col) => ({
      ...shared(rows, row),
      [rows.name]: rows.at[row] ?? row,
      [cols.name]: cols.at[col] ?? col,
    }),
  };
}

/** What follows the axis that a row's coordinates are of: the position of a destination, say. */
function shared(rows: Axis, row: number): Readonly<Record<string, number>> {
  return rows.of === undefined ? {} : { [rows.of]: rows.at[row] ?? row };
}

/** One row a cell, its axes as columns. */
export function matrixRows(d: Description, b: Matrix): Rows {
  const { rows, cols } = partsOf(d, b);
  const width = countOf(cols);
  const { also = [] } = b;
  const [left, top] = [labelsOf(rows), labelsOf(cols)];
  const extra = [
    ...(b.text === undefined ? [] : ["text"]),
    ...(b.low === undefined ? [] : ["low", "high"]),
    ...also.map(({ name }) => shown(name)),
  ];
  return {
    columns: [...placeColumns(rows), ...placeColumns(cols), "value", ...extra],
    rows: range(b.values.length).map((_, i) => {
      const [row, col] = [Math.floor(i / width), i % width];
      return [
        rows.at[row] ?? row,
        left[row] ?? "",
        cols.at[col] ?? col,
        top[col] ?? "",
        b.values[i] ?? Number.NaN,
        ...(b.text === undefined ? [] : [shown(b.text[i] ?? "")]),
        ...(b.low === undefined ? [] : [b.low[i] ?? Number.NaN, b.high?.[i] ?? Number.NaN]),
        ...also.map(({ values }) => values[i] ?? Number.NaN),
      ];
    }),
  };
}

/** The largest cells in words. */
export function largestInWords(d: Description, b: Matrix, count: number): string {
  const { rows, cols, centre } = partsOf(d, b);
  const width = countOf(cols);
  const cells = farthest(b.values, centre, count).map((i) => {
    const place = `${placeName(rows, Math.floor(i / width))}, ${placeName(cols, i % width)}`;
    const given = b.text?.[i];
    return `${place}: ${given === undefined ? "" : `${tokenAlone(given)} `}${decimals(b.values[i] ?? Number.NaN, 2)}`;
  });
  return cells.length === 0 ? "no finite value" : `largest: ${cells.join("; ")}`;
}
