import { argumentInvalid } from "@hookdict/tensordict";
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

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give as an axis */
export function checkAxis(owner: string, name: string, axis: unknown): void {
  if (axis === undefined || axis === null || Number.isInteger(axis)) return;
  const { axis: at, rows } = axis as { readonly axis?: unknown; readonly rows?: unknown }; // looked at
  if (!Number.isInteger(at) || rows !== "several")
    throw argumentInvalid(owner, name, axis, 'an axis, null, or { axis, rows: "several" }');
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give as axes of sites */
export function checkAxes(axes: unknown): void {
  const arePairs = Array.isArray(axes) && axes.every((pair) => Array.isArray(pair) && pair.length === 2);
  if (!arePairs) throw argumentInvalid("a trace", "batchAxes", axes, "a list of pairs [pattern, axis]");
  for (const [, axis] of axes as readonly (readonly unknown[])[]) checkAxis("a trace", "batchAxes", axis);
}
