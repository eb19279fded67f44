import { check } from "../checks/checked.ts";
import { string } from "../checks/fit.ts";
import { manyNumbers, PARTS, SCALE_PARTS } from "../checks/shapes.ts";
import { VERSION } from "../version.ts";
import type { AnyBlock, Axis, Description, Scale, Source } from "./types.ts";

/** What a description is made of. */
export interface DescriptionParts {
  readonly view: string;
  readonly title: string;
  readonly caption?: string;
  readonly source?: Partial<Source>;
  readonly axes: readonly Axis[];
  readonly scales?: Readonly<Record<string, Scale>>;
  readonly blocks: readonly AnyBlock[];
}

/**
 * A description of its parts, frozen. Numbers are shared with what was given, not copied. Whether everything fits is seen
 * where it is drawn, and by `checkDescription`.
 *
 * @throws ViewError `VIEW_DATA`
 * @example
 * describe({ view: "mine", title: "Mine", axes: [plainAxis("x", ["a"])], blocks: [] }).axes["x"].labels; // => ["a"]
 */
export function describe(parts: DescriptionParts): Description {
  check("describe", parts, PARTS);
  const { view, title, caption, source = {}, axes, scales = {}, blocks } = parts;
  return freeze({
    hookdict: "view/1",
    view,
    title,
    ...(caption !== undefined && { caption }),
    source: { ...source, hookdict: source.hookdict ?? VERSION },
    axes: Object.fromEntries(axes.map((axis) => [axis.name, axis])),
    scales: { ...scales },
    blocks: [...blocks],
  });
}

/** Freezes records and lists inside; what the caller gave as arrays of numbers or texts stays his. */
function freeze(d: Description): Description {
  for (const part of [d.source, d.axes, d.scales, d.blocks, ...d.blocks, ...Object.values(d.axes)])
    Object.freeze(part);
  return Object.freeze(d);
}

/** A scale around a reference that reaches as far on both sides. */
export function diverging(
  values: Iterable<number>,
  title: string,
  parts: Partial<Pick<Scale, "centre" | "unit" | "stretch">> & { readonly reach?: number } = {},
): Scale {
  checkScale("diverging", values, title, parts);
  const { centre = 0, unit, stretch = 1, reach } = parts;
  let half = 0;
  for (const value of values) if (Number.isFinite(value)) half = Math.max(half, Math.abs(value - centre));
  half = reach ?? (half === 0 ? 1 : half);
  return {
    type: "diverging",
    low: centre - half,
    centre,
    high: centre + half,
    stretch,
    title,
    ...(unit !== undefined && { unit }),
  };
}

/** A scale from 0, or another low end, up to the largest of the values. */
export function sequential(
  values: Iterable<number>,
  title: string,
  parts: Partial<Pick<Scale, "low" | "high" | "unit" | "stretch">> = {},
): Scale {
  checkScale("sequential", values, title, parts);
  const { low = 0, high, unit, stretch = 1 } = parts;
  let top = -Infinity;
  for (const value of values) if (Number.isFinite(value)) top = Math.max(top, value);
  const end = high ?? (top > low ? top : low + 1);
  return { type: "sequential", low, high: end, stretch, title, ...(unit !== undefined && { unit }) };
}

/** @throws ViewError `VIEW_DATA` */
function checkScale(owner: string, values: unknown, title: unknown, parts: unknown): void {
  check(owner, values, manyNumbers, "values");
  check(owner, title, string, "title");
  check(owner, parts, SCALE_PARTS, "parts");
}
