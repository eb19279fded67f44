import { pointUnknown } from "./errors.ts";

/** Points that are there only where they are asked for: they cost memory or time. */
export const OPT_IN_POINTS = ["attn.hook_result", "hook_mlp_in"] as const;

/** The name of a point that is there on request. */
export type OptInPoint = (typeof OPT_IN_POINTS)[number];

/**
 * The points that were asked for.
 *
 * @param known Those that the kind of model can have.
 * @throws UsageError `POINT_UNKNOWN`
 */
export function checkPoints(
  points: unknown,
  modelType: string,
  known: readonly OptInPoint[] = OPT_IN_POINTS,
): Set<string> {
  const list: readonly unknown[] = points === undefined ? [] : Array.isArray(points) ? points : [points];
  const wrong = list.find((each) => !known.some((name) => name === each));
  if (wrong !== undefined) throw pointUnknown(wrong, modelType, known);
  return new Set(list as readonly OptInPoint[]); // all are known
}
