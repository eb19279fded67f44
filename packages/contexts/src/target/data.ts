import { checkArgument } from "@hookdict/tensordict";
import { targetInvalid } from "./errors.ts";

/** A part of a value or of a weight, as plain data. */
export interface TargetData {
  /** Path of the site, or of the weight. */
  readonly path: string;
  /** What of it: the value that passes, its gradient, or the weight. */
  readonly kind: "activation" | "gradient" | "parameter";
  /** The axis that has the units: its name, where the site declares it, or its number; negative ones count from the end. */
  readonly axis: number | string;
  /** Which entries of the axis. Negative ones count from the end. */
  readonly indices: readonly number[];
  /** Where the tensor is in a structured value. Default the value itself. */
  readonly output?: readonly (string | number)[];
  /** Which passes of the site in a run. Default all. */
  readonly passes?: readonly number[];
}

const KINDS = ["activation", "gradient", "parameter"];
const FIELDS = ["path", "kind", "axis", "indices", "output", "passes"];

/** Checks data of any origin; gives a frozen copy. @throws UsageError `TARGET_INVALID` */
export function checkTarget(data: unknown): TargetData {
  checkArgument("target", "data", data, "a record");
  const given = data as Readonly<Record<string, unknown>>; // just checked
  const stranger = Object.keys(given).find((key) => !FIELDS.includes(key));
  if (stranger !== undefined) throw targetInvalid(stranger, given[stranger], `one of ${FIELDS.join(", ")}`);
  const { path, kind, axis, indices, output, passes } = given;
  if (typeof path !== "string" || path === "")
    throw targetInvalid("path", path, "the path of a site or weight");
  if (!KINDS.includes(kind as string)) throw targetInvalid("kind", kind, `one of ${KINDS.join(", ")}`);
  const isAxis = Number.isInteger(axis) || (typeof axis === "string" && axis !== "");
  if (!isAxis) throw targetInvalid("axis", axis, "a name or a whole number");
  if (!areIntegers(indices) || indices.length === 0 || new Set(indices).size < indices.length)
    throw targetInvalid("indices", indices, "a list of different whole numbers");
  const isPath =
    output === undefined ||
    (Array.isArray(output) && output.every((part) => typeof part === "string" || Number.isInteger(part)));
  if (!isPath || (kind === "parameter" && output !== undefined))
    throw targetInvalid(
      "output",
      output,
      kind === "parameter" ? "left out for a parameter" : "a list of names and numbers",
    );
  if (
    passes !== undefined &&
    (!areIntegers(passes) || passes.some((pass) => pass < 0) || kind === "parameter")
  )
    throw targetInvalid("passes", passes, "a list of whole numbers from 0 on, for values");
  return JSON.parse(JSON.stringify(given), (_, part: unknown) => Object.freeze(part)) as TargetData;
}

function areIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(Number.isInteger);
}
