import { axisOf, countOf, selectedIndex } from "../description/axes.ts";
import type { AnyBlock, Axis, Description, Numbers, State } from "../description/types.ts";
import type { Matrix } from "./matrix-cells.ts";

/** A number of each facet, by which they can be sorted. */
export interface Measure {
  readonly name: string;
  readonly values: Numbers;
}

/** Many small matrices in rows and columns: one for each head of each layer, say. */
export interface Facets extends AnyBlock {
  readonly block: "facets";
  readonly rows: string;
  readonly cols: string;
  /** Axes of each small matrix. */
  readonly dest: string;
  readonly src: string;
  readonly scale: string;
  /** `[rows, cols, dest, src]`, or smaller ones of the size `size`. */
  readonly values: Numbers;
  /** Rows and columns of each small matrix where it was pooled before. */
  readonly size?: readonly [number, number];
  readonly measures?: readonly Measure[];
  /** The facet that is shown while none is selected. */
  readonly shown?: readonly [number, number];
  readonly lower?: boolean;
}

/** Rows and columns of each small matrix. */
export function sizeOf(d: Description, b: Facets): readonly [number, number] {
  return b.size ?? [countOf(axisOf(d, b.dest)), countOf(axisOf(d, b.src))];
}

/** The facet that is selected, or the one to begin with. */
export function selectedFacet(d: Description, b: Facets, state: State): readonly [number, number] {
  const [first, second] = b.shown ?? [0, 0];
  return [
    selectedIndex(axisOf(d, b.rows), state) ?? first,
    selectedIndex(axisOf(d, b.cols), state) ?? second,
  ];
}

/** Numbers of one facet. **Ownership:** a view on the block's. */
export function facetValues(d: Description, b: Facets, [row, col]: readonly [number, number]): Numbers {
  const [height, width] = sizeOf(d, b);
  const start = (row * countOf(axisOf(d, b.cols)) + col) * height * width;
  const end = start + height * width;
  return b.values instanceof Float32Array ? b.values.subarray(start, end) : b.values.slice(start, end);
}

/** A matrix that shows a facet, with that facet's numbers, and axes as many as they are. */
export function resolve(
  d: Description,
  b: Matrix,
  state: State,
): { readonly d: Description; readonly b: Matrix } {
  if (b.from === undefined) return { d, b };
  const facets = d.blocks.find((each): each is Facets => each.block === "facets" && each.id === b.from);
  if (facets === undefined) return { d, b };
  const [height, width] = sizeOf(d, facets);
  const [rows, cols] = [axisOf(d, facets.dest), axisOf(d, facets.src)];
  const by = [factor(rows, height), factor(cols, width)] as const;
  const isPooled = by[0] > 1 || by[1] > 1;
  const axes = { ...d.axes, [rows.name]: thinned(rows, by[0]), [cols.name]: thinned(cols, by[1]) };
  const values = facetValues(d, facets, selectedFacet(d, facets, state));
  return {
    d: isPooled ? { ...d, axes } : d,
    b: { ...b, values, ...(isPooled && { pooled: by }) },
  };
}

export const factor = (axis: Axis, count: number): number =>
  Math.max(1, Math.ceil(countOf(axis) / Math.max(1, count)));

function thinned(axis: Axis, by: number): Axis {
  if (by === 1) return axis;
  const keep = <T>(list: readonly T[]): readonly T[] => list.filter((_, i) => i % by === 0);
  return { ...axis, labels: keep(axis.labels), at: keep(axis.at) };
}
