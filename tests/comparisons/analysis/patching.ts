import {
  logitDifference,
  type Metric,
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

const LAST_DEST = {
  name: "attn_head_pattern_dest_src_pos_last_dest",
  sites: "blocks.*.attn.hook_pattern",
  axes: ["layer", "head", "src"],
  slice: { dest: -1 },
};

/** A sweep over some tables, made once. */
function swept(pair: Pair, name: string): TensorDict {
  return pair.once(`sweep ${name}`, () => {
    const tables = name === LAST_DEST.name ? [LAST_DEST] : patchTables([name]);
    using hooked = new PatchingSweep({ tables, metrics: metricOf(pair) }).prepare(pair.model);
    return pair.own(hooked.sweep({ clean: pair.clean, corrupt: pair.corrupt }));
  });
}

/** A table of the reference by its name. */
export const patch: Answer = (pair, { rest = "" }) => {
  const result = swept(pair, rest);
  const members = TABLE_STACKS[rest];
  if (members === undefined) return { values: result.get<Tensor>([rest, "values"]).clone() };
  using stacked = stackTables(result, members);
  return { values: stacked.get("values").clone() };
};
