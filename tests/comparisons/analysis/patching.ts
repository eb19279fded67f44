import {
  logitDifference,
  type Metric,
  PATCH_TABLES,
  PatchingSweep,
  patchTables,
  stackTables,
  TABLE_STACKS,
} from "@hookdict/circuits";
import type { TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Answer, Pair } from "./setting.ts";

/** The metric of the reference: logit of the right token minus the wrong one's, at the last position. */
export function metricOf({ right, wrong }: Pair): Metric {
  return logitDifference(right, wrong);
}

/** All tables whose cells are not too many, in one sweep. */
const names = PATCH_TABLES.map(({ name }) => name).filter(
  (name) => name !== "attn_head_pattern_dest_src_pos",
);

const LAST_DEST = {
  name: "attn_head_pattern_dest_src_pos_last_dest",
  sites: "blocks.*.attn.hook_pattern",
  axes: ["layer", "head", "src"],
  slice: { dest: -1 },
};

function swept(pair: Pair): TensorDict {
  return pair.once("sweep", () => {
    using hooked = new PatchingSweep({
      tables: [...patchTables(names), LAST_DEST],
      metrics: metricOf(pair),
    }).prepare(pair.model);
    return pair.own(hooked.sweep({ clean: pair.clean, corrupt: pair.corrupt }));
  });
}

/** All destinations and sources: many cells, and so a sweep of its own. */
function everyPattern(pair: Pair): Tensor {
  using hooked = new PatchingSweep({
    tables: patchTables(["attn_head_pattern_dest_src_pos"]),
    metrics: metricOf(pair),
  }).prepare(pair.model);
  using result = hooked.sweep({ clean: pair.clean, corrupt: pair.corrupt });
  return result.get<Tensor>(["attn_head_pattern_dest_src_pos", "values"]).clone();
}

/** A table of the reference by its name, metric and pair left out. */
export const patch: Answer = (pair, { rest = "" }) => {
  if (rest === "attn_head_pattern_dest_src_pos") return { values: everyPattern(pair) };
  const all = swept(pair);
  const members = TABLE_STACKS[rest];
  if (members === undefined) return { values: all.get<Tensor>([rest, "values"]).clone() };
  using stacked = stackTables(all, members);
  return { values: stacked.get("values").clone() };
};
