import { axisOf, countOf, placeCells, placeColumns, placeName } from "../description/axes.ts";
import { decimals, extent, farthest, range } from "../description/numbers.ts";
import { type Axis, type Description, NO_STATE, type State } from "../description/types.ts";
import { centreOf, scaleOf } from "../ink/scale.ts";
import { chosen, type Grid, type Rows } from "./block.ts";
import { type Measure, type Facets, sizeOf, facetValues, factor } from "./facets-parts.ts";

/** Facets in the order in which they are drawn: by place, or by a measure, the largest first. */
export function orderOf(d: Description, b: Facets, state: State): readonly (readonly [number, number])[] {
  const [rows, cols] = [countOf(axisOf(d, b.rows)), countOf(axisOf(d, b.cols))];
  const places = range(rows * cols).map((_, i) => [Math.floor(i / cols), i % cols] as const);
  const measure = measureOf(b, state);
  if (measure === undefined) return places;
  const size = ([row, col]: readonly [number, number]): number =>
    measure.values[row * cols + col] ?? -Infinity;
  return places.toSorted((one, other) => size(other) - size(one));
}

/** The measure by which facets are sorted. */
export function measureOf(b: Facets, state: State): Measure | undefined {
  const name = chosen(state, b, "sort", "");
  return b.measures?.find((each) => each.name === name);
}

export function facetsGrid(d: Description, b: Facets, state: State): Grid {
  const [rows, cols] = [axisOf(d, b.rows), axisOf(d, b.cols)];
  const across = countOf(cols);
  const order = orderOf(d, b, state);
  const at = (row: number, col: number): readonly [number, number] => order[row * across + col] ?? [row, col];
  const centre = centreOf(scaleOf(d, b.scale));
  const top = (place: readonly [number, number]): number => {
    const [low, high] = extent(facetValues(d, b, place));
    return Math.abs(low - centre) > Math.abs(high - centre) ? low : high;
  };
  return {
    rows: countOf(rows),
    cols: across,
    value: (row, col) => {
      const [r, c] = at(row, col);
      return (measureOf(b, state) ?? b.measures?.[0])?.values[r * across + c] ?? top([r, c]);
    },
    sentence: (row, col) => {
      const [r, c] = at(row, col);
      const told = (b.measures ?? []).map(
        ({ name, values }) => `${name} ${decimals(values[r * across + c] ?? Number.NaN, 3)}`,
      );
      return `${placeName(rows, r)}, ${placeName(cols, c)}: ${[...told, `largest ${decimals(top([r, c]), 4)}`].join(", ")}`;
    },
    at: (row, col) => {
      const [r, c] = at(row, col);
      return { [rows.name]: rows.at[r] ?? r, [cols.name]: cols.at[c] ?? c };
    },
  };
}

/** One row a cell of each facet. */
export function facetsRows(d: Description, b: Facets): Rows {
  const [rows, cols, dest, src] = [b.rows, b.cols, b.dest, b.src].map((name) => axisOf(d, name)) as [
    Axis,
    Axis,
    Axis,
    Axis,
  ];
  const [height, width] = sizeOf(d, b);
  const steps = [factor(dest, height), factor(src, width)];
  const across = countOf(cols);
  const list: (string | number)[][] = [];
  for (let i = 0; i < b.values.length; i += 1) {
    const cell = i % (height * width);
    const facet = Math.floor(i / (height * width));
    const [r, c] = [Math.floor(facet / across), facet % across];
    const [y, x] = [Math.floor(cell / width) * (steps[0] ?? 1), (cell % width) * (steps[1] ?? 1)];
    list.push([
      rows.at[r] ?? r,
      cols.at[c] ?? c,
      ...placeCells(dest, y),
      ...placeCells(src, x),
      b.values[i] ?? Number.NaN,
    ]);
  }
  const names = [rows.name, cols.name, ...placeColumns(dest), ...placeColumns(src), "value"];
  return { columns: names, rows: list };
}

/** The facets with the largest first measure, or the largest value, in words. */
export function facetsInWords(d: Description, b: Facets, count: number): string {
  const grid = facetsGrid(d, b, NO_STATE);
  const sizes = Float32Array.from({ length: grid.rows * grid.cols }, (_, i) =>
    grid.value(Math.floor(i / grid.cols), i % grid.cols),
  );
  const words = farthest(sizes, 0, count).map((i) => grid.sentence(Math.floor(i / grid.cols), i % grid.cols));
  return words.length === 0 ? "no facet" : `largest: ${words.join("; ")}`;
}
