import { compilePattern, type Pattern } from "@hookdict/core";
import { DTYPES } from "@hookdict/tensordict/io";
import type { PlanFile, StoredDtype } from "../plan/plan.ts";
import { notPositional, tensorUnknown } from "./errors.ts";

/** What is counted: rows of the data set, or positions, of which each row has `context`. */
export type Unit = "row" | "position";

/** Element types that shards hold rows of. */
export type ColumnDtype = StoredDtype | "U16" | "U32";

/** A tensor as it is read: some numbers for each unit. */
export interface Column {
  /** Its name in a shard. */
  readonly name: string;
  /** Its key in what the reader gives. */
  readonly key: readonly string[];
  readonly dtype: ColumnDtype;
  /** Shape of a unit. */
  readonly shape: readonly number[];
  readonly unitBytes: number;
}

/** The places that every shard has. */
const PLACES = ["tokens", "document", "position"] as const;

/**
 * The columns that a pattern over sites picks, and the places: tokens, document, position, and mask where there is one.
 *
 * @throws MatchError `HARVEST_TENSOR_UNKNOWN`; UsageError `HARVEST_NOT_POSITIONAL`.
 */
export function columnsOf(plan: PlanFile, unit: Unit, sites: Pattern | undefined): Column[] {
  const matches = sites === undefined ? () => true : compilePattern(sites).matches;
  const picked = plan.tensors.filter(({ site }) => {
    const path = site.replace(/#\d+$/, "");
    return matches({ path, segments: path.split(/[./]/), kind: "point", type: "HarvestedSite" });
  });
  if (picked.length === 0 && sites !== undefined)
    throw tensorUnknown(
      String(sites),
      plan.tensors.map(({ site }) => site),
    );
  const columns = picked.map(({ name, direction, site, dtype, shape, isPositional }) => {
    if (unit === "position" && !isPositional) throw notPositional(name);
    return column(name, [direction, site], dtype, unit === "position" ? shape.slice(1) : shape);
  });
  return [...columns, ...placesOf(plan, unit)];
}

function placesOf({ data }: PlanFile, unit: Unit): Column[] {
  const shape = unit === "position" ? [] : [data.context];
  const dtypes = { tokens: data.dtype, document: "U32", position: "U16" } as const;
  const places = PLACES.map((name) => column(name, [name], dtypes[name], shape));
  return data.policy === "document" ? [...places, column("mask", ["mask"], "U8", shape)] : places;
}

function column(name: string, key: readonly string[], dtype: ColumnDtype, shape: readonly number[]): Column {
  return { name, key, dtype, shape, unitBytes: sizeOf(shape) * DTYPES[dtype].bytes };
}

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
