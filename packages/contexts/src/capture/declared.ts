import { isDirection } from "@hookdict/core";
import { option, type Option } from "../define/option.ts";
import type { CaptureOptions } from "./options.ts";
import { type AxisSlice, type AxisSlices, isAxisSlice } from "./slice.ts";

/** What is meant along one declared axis. */
export const axisSlice: Option<AxisSlice, "optional"> = option.of(
  "a whole number, a list of them, or a range { start, end, step }",
  isAxisSlice,
);

/** What is meant along declared axes. */
export const axisSlices: Option<AxisSlices, "optional"> = option
  .record(axisSlice)
  .wants("a record of axes, such as { pos: -1, head: [0, 3] }");

/** What a context that captures may be told, besides its own options. */
export const CAPTURE_OPTIONS: {
  readonly [K in keyof CaptureOptions]-?: Option<NonNullable<CaptureOptions[K]>>;
} = Object.freeze({
  cache: option.tensorDict(),
  clearCache: option.boolean().default(true),
  passes: option.oneOf("all", "first", "last").default("all"),
  run: option.of<string>(
    "the name of a run, which is no direction",
    (value) => typeof value === "string" && value !== "" && !isDirection(value),
  ),
  slice: axisSlices,
  removeBatchDim: option.boolean().default(false),
  dtype: option.oneOf("float32", "int32", "bool"),
  memory: option.oneOf("backend", "host").default("backend"),
});

/** Why two that capture cannot stand on one model: one empties what both fill. */
export function sharedCache(
  one: CaptureOptions | undefined,
  other: CaptureOptions | undefined,
): string | undefined {
  if (one?.cache === undefined || one.cache !== other?.cache || one.run !== other.run) return undefined;
  if (one.clearCache === false && other.clearCache === false) return undefined;
  return "both capture into the same cache";
}
