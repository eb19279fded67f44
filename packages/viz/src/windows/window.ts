import { check } from "../checks/checked.ts";
import { byName, count, fields, type Fit, listOf, number, string } from "../checks/fit.ts";
import { DESCRIPTION } from "../checks/shapes.ts";
import { resolve } from "../blocks/facets-parts.ts";
import { type Matrix, partsOf } from "../blocks/matrix-cells.ts";
import { countOf } from "../description/axes.ts";
import { type Axis, type Description, NO_STATE, type Numbers } from "../description/types.ts";
import { optionInvalid } from "../errors.ts";

/** Which part of a matrix is asked for, and how closely. */
export interface WindowRequest {
  /** The matrix, by its id. */
  readonly block: string;
  /** Coordinates by name of axis: of a matrix that shows one of many facets, which one. The others are passed over. */
  readonly at: Readonly<Record<string, number>>;
  /** Indices of rows and of columns: the first, and the one behind the last. */
  readonly rows: readonly [number, number];
  readonly cols: readonly [number, number];
  /** How many rows and columns become one: the value farthest from the scale's centre, with its sign. */
  readonly by: readonly [number, number];
}

/** A part of a matrix: a block, and axes of its own that have the coordinates of the whole. */
export interface MatrixWindow {
  readonly block: Matrix;
  readonly axes: Readonly<Record<string, Axis>>;
}

const RANGE: Fit = listOf(count(), 2);

/** What is asked for. */
export const REQUEST: Fit = fields({
  block: string,
  at: byName(number),
  rows: RANGE,
  cols: RANGE,
  by: listOf(count(1), 2),
});

/**
 * A part of a matrix, as closely as is asked: exact where `by` is `[1, 1]`. What stands beside its numbers, such as texts and
 * intervals, is that of the cell whose number was taken. **Ownership:** numbers of its own, which can be transferred.
 *
 * @throws ViewError `VIEW_DATA`, `VIEW_OPTION`
 */
export function windowOf(d: Description, request: WindowRequest): MatrixWindow {
  check("windowOf", d, DESCRIPTION, "d");
  check("windowOf", request, REQUEST, "request");
  const { at, by } = request;
  const own = resolve(d, matrixOf(d, request.block), { ...NO_STATE, at });
  const { rows, cols, centre } = partsOf(own.d, own.b);
  const ranges = [inside("rows", request.rows, rows), inside("cols", request.cols, cols)] as const;
  const cells = farthestCells(own.b.values, countOf(cols), ranges, [by, centre]);
  return cutTo({ b: own.b, rows, cols }, ranges, [by, cells]);
}

/** The description with a part of a matrix in place of what it has of it. */
export function placed(d: Description, { block, axes }: MatrixWindow): Description {
  const blocks = d.blocks.map((each) => (each.id === block.id ? block : each));
  return { ...d, axes: { ...d.axes, ...axes }, blocks };
}

/** @throws ViewError `VIEW_OPTION` */
function matrixOf(d: Description, id: string): Matrix {
  const matrices = d.blocks.filter(({ block }) => block === "matrix");
  const found = matrices.find((each) => each.id === id);
  if (found === undefined)
    throw optionInvalid(
      "block",
      id,
      matrices.length === 0
        ? "the id of a matrix: this picture has none"
        : `the id of a matrix: ${matrices.map((each) => JSON.stringify(each.id)).join(", ")}`,
    );
  return found as Matrix; // by its name
}

type Range = readonly [number, number];

/** @throws ViewError `VIEW_OPTION` */
function inside(name: string, range: Range, axis: Axis): Range {
  const [from, to] = range;
  if (from < to && to <= countOf(axis)) return range;
  throw optionInvalid(
    name,
    `${from} to ${to}`,
    `two whole numbers, the first below the second, up to ${countOf(axis)}`,
  );
}

/** Where in the whole each cell's number stands: the one farthest from the centre; the first where all are NaN. */
function farthestCells(
  values: Numbers,
  width: number,
  [[top, bottom], [left, right]]: readonly [Range, Range],
  [[down, across], centre]: readonly [Range, number],
): Uint32Array {
  const cols = Math.ceil((right - left) / across);
  const best = new Uint32Array(Math.ceil((bottom - top) / down) * cols);
  const size = new Float64Array(best.length).fill(-1);
  for (let row = top; row < bottom; row += 1) {
    const to = Math.floor((row - top) / down) * cols;
    for (let col = left; col < right; col += 1) {
      const [at, from] = [to + Math.floor((col - left) / across), row * width + col];
      const own = Math.abs((values[from] ?? Number.NaN) - centre);
      if (size[at] === -1 || own > (size[at] ?? 0) || (Number.isNaN(size[at]) && !Number.isNaN(own))) {
        best[at] = from;
        size[at] = own;
      }
    }
  }
  return best;
}

function cutTo(
  { b, rows, cols }: { readonly b: Matrix; readonly rows: Axis; readonly cols: Axis },
  [down, across]: readonly [Range, Range],
  [by, cells]: readonly [Range, Uint32Array],
): MatrixWindow {
  const numbers = (from: Numbers): Float32Array => Float32Array.from(cells, (i) => from[i] ?? Number.NaN);
  const each = <T>(from: readonly T[]): readonly T[] => Array.from(cells, (i) => from[i] as T); // as many as its numbers
  const { from: _, lower, pooled = [1, 1], title, low, high, text, details, also, ...rest } = b;
  const joined = [pooled[0] * by[0], pooled[1] * by[1]] as const;
  const isSquare = down[0] === across[0] && by[0] === by[1];
  const name = titleOf(title, [rows, cols], [down, across]);
  const [rowsKey, colsKey] = [`${b.id}: rows`, `${b.id}: columns`];
  const block: Matrix = {
    ...rest,
    rows: rowsKey,
    cols: colsKey,
    values: numbers(b.values),
    ...(low !== undefined && { low: numbers(low) }),
    ...(high !== undefined && { high: numbers(high) }),
    ...(text !== undefined && { text: each(text) }),
    ...(details !== undefined && { details: each(details) }),
    ...(also !== undefined && { also: also.map((one) => ({ ...one, values: numbers(one.values) })) }),
    ...(lower !== undefined && { lower: lower && isSquare }),
    ...((joined[0] > 1 || joined[1] > 1) && { pooled: joined }),
    ...(name !== undefined && { title: name }),
  };
  return { block, axes: { [rowsKey]: cutAxis(rows, down, by[0]), [colsKey]: cutAxis(cols, across, by[1]) } };
}

function cutAxis(axis: Axis, [from, to]: Range, by: number): Axis {
  const keep = <T>(list: readonly T[]): readonly T[] => list.slice(from, to).filter((_, i) => i % by === 0);
  return { ...axis, labels: keep(axis.labels), at: keep(axis.at) };
}

/** What is seen of how much, where it is not all. */
function titleOf(
  title: string | undefined,
  axes: readonly [Axis, Axis],
  ranges: readonly [Range, Range],
): string | undefined {
  const parts = ranges.flatMap(([from, to], i) => {
    const axis = axes[i as 0 | 1];
    const isAll = from === 0 && to === countOf(axis);
    return isAll ? [] : [`${axis.title} ${axis.at[from]} to ${axis.at[to - 1]} of ${countOf(axis)}`];
  });
  return parts.length === 0 ? title : [...(title === undefined ? [] : [title]), ...parts].join(", ");
}
