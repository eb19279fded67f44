import type { Pattern, Site } from "@hookdict/core";

/**
 * Where a value has its examples: at an axis; nowhere (`null`: it is shared by all); or, with `rows: "several"`, at an
 * axis on which each example has equally many entries, one after the other, as in `[batch * pos, d]`.
 */
export type BatchAxis = number | null | { readonly axis: number; readonly rows: "several" };

/** Batch axes of sites that do not declare theirs: pattern and axis; the first that matches a site counts. */
export type BatchAxes = readonly (readonly [pattern: Pattern, axis: BatchAxis])[];

/** The axis `batch` of a site that declares its axes; none if these have no `batch`; else the first. */
export function declaredAxis({ axes }: Site): BatchAxis {
  if (axes === undefined) return 0;
  const axis = axes.indexOf("batch");
  return axis < 0 ? null : axis;
}
