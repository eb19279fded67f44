import { dropped } from "./dare-linear.ts";
import type { Merge } from "./merge.ts";
import { electedMean } from "./ties.ts";

/** Drops values by chance, as DARE does, and merges what stays as TIES does. */
export const dareTies: Merge = {
  name: "dareTies",
  merge: (vectors, options, masks) =>
    dropped(vectors, options, masks).map((values) => electedMean(values, options)),
};
