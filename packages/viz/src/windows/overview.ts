import { check, checkOptions } from "../checks/checked.ts";
import { count, maybe } from "../checks/fit.ts";
import { DESCRIPTION } from "../checks/shapes.ts";
import type { Facets } from "../blocks/facets-parts.ts";
import type { Matrix } from "../blocks/matrix-cells.ts";
import { axisOf, countOf } from "../description/axes.ts";
import type { AnyBlock, Description } from "../description/types.ts";
import { levelFor } from "./level.ts";
import { thumbnails } from "./thumbnails.ts";
import { placed, windowOf } from "./window.ts";

/** A picture with large blocks pooled, and the matrices of which there is more than it has. */
export interface Overview {
  readonly description: Description;
  /** Ids of matrices that `windowOf` gives more of; none where the description is whole. */
  readonly windows: readonly string[];
}

/** What is large. */
export interface OverviewOptions {
  /** Numbers that a block may have; 100,000 unless given. */
  readonly most?: number;
}

const MOST = 100_000;
/** A facet keeps as many rows and columns, however many facets there are. */
const LEAST_SIDE = 12;

/**
 * A picture as it can be handed on: facets as thumbnails, and large matrices, pooled to the value farthest from the centre,
 * while the exact numbers stay with whoever has the description. Of those, `windowOf` gives parts.
 *
 * @throws ViewError `VIEW_DATA`, `VIEW_OPTION`
 * @example
 * const tokens = ["a", "b", "c", "d"];
 * const whole = attention({ tokens, heads: 1, pattern: new Array(16).fill(0.25) });
 * const { description, windows } = overview(whole, { most: 4 });
 * windows; // => ["head"]
 * const seen = { block: "head", at: {}, rows: [0, 2], cols: [0, 2], by: [1, 1] } as const;
 * windowOf(whole, seen).block.values.length; // => 4
 * description.blocks.length; // => 3
 */
export function overview(d: Description, options: OverviewOptions = {}): Overview {
  check("overview", d, DESCRIPTION, "d");
  checkOptions({ most: maybe(count(1)) }, options);
  const { most = MOST } = options;
  const isLarge = ({ values }: { readonly values: { readonly length: number } }): boolean =>
    values.length > most;
  const facets = d.blocks.filter((each): each is Facets => isKind(each, "facets") && isLarge(each as Facets));
  const matrices = d.blocks.filter(
    (each): each is Matrix =>
      isKind(each, "matrix") &&
      (facets.some(({ id }) => id === (each as Matrix).from) || isLarge(each as Matrix)),
  );
  let description = d;
  if (facets.length > 0) {
    const small = (b: Facets): Facets =>
      thumbnails(d, b, Math.max(LEAST_SIDE, Math.floor(Math.sqrt(most / facetsIn(d, b)))));
    const blocks = d.blocks.map((each) => (facets.includes(each as Facets) ? small(each as Facets) : each));
    description = { ...d, blocks };
  }
  for (const b of matrices) if (b.from === undefined) description = pooled(description, b, most);
  return { description, windows: matrices.map(({ id }) => id) };
}

const isKind = (each: AnyBlock, kind: string): boolean => each.block === kind;

const facetsIn = (d: Description, b: Facets): number =>
  Math.max(1, countOf(axisOf(d, b.rows)) * countOf(axisOf(d, b.cols)));

/** The whole of a matrix, as closely as so many numbers tell it. */
function pooled(d: Description, b: Matrix, most: number): Description {
  const [rows, cols] = [countOf(axisOf(d, b.rows)), countOf(axisOf(d, b.cols))];
  const by = levelFor(rows, cols, most);
  return placed(d, windowOf(d, { block: b.id, at: {}, rows: [0, rows], cols: [0, cols], by }));
}
