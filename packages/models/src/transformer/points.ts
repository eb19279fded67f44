import type { BlockConfig } from "./config.ts";
import { pointUnknown } from "./errors.ts";

/** Points that are there only where they are asked for: they cost memory or time. */
export const OPT_IN_POINTS = [
  "attn.hook_result",
  "hook_attn_in",
  "hook_q_input",
  "hook_k_input",
  "hook_v_input",
  "hook_mlp_in",
] as const;

/** The name of a point that is there on request. */
export type OptInPoint = (typeof OPT_IN_POINTS)[number];

/**
 * The points that were asked for.
 *
 * @param blocks Layers of the model; none where it has no points on request.
 * @throws UsageError `POINT_UNKNOWN`
 */
export function checkPoints(
  points: unknown,
  modelType: string,
  blocks: readonly Pick<BlockConfig, "attention">[],
): Set<string> {
  const known = knownPoints(blocks);
  const list: readonly unknown[] = points === undefined ? [] : Array.isArray(points) ? points : [points];
  const wrong = list.find((each) => !known.some((name) => name === each));
  if (wrong !== undefined) throw pointUnknown(wrong, modelType, known);
  return new Set(list as readonly OptInPoint[]); // all are known
}

/** One input of queries, keys and values for each head there can be only where they have equally many. */
function knownPoints(blocks: readonly Pick<BlockConfig, "attention">[]): readonly OptInPoint[] {
  if (blocks.length === 0) return [];
  const isGrouped = blocks.some(({ attention }) => attention.nKeyHeads !== attention.nHeads);
  return OPT_IN_POINTS.filter((name) => !isGrouped || name !== "hook_attn_in");
}
