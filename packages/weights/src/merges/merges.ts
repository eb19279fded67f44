import { dareLinear } from "./dare-linear.ts";
import { dareTies } from "./dare-ties.ts";
import { linear } from "./linear.ts";
import type { Merge } from "./merge.ts";
import { ties } from "./ties.ts";

/** Every way in which task vectors are merged. */
export const MERGES: readonly Merge[] = [linear, ties, dareLinear, dareTies];
