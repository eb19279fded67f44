import type { Hookable } from "@hookdict/core";
import { clone, type Tensor2D } from "@tensorflow/tfjs-core";
import type { Metric } from "../runs/metric.ts";
import type { WorkOptions } from "../runs/work.ts";
import { labelled, type Labelled } from "../stream/stack.ts";
import { transformerOf } from "../stream/stream-run.ts";
import { PatchingSweep } from "../sweep/sweep.ts";
import { patchTables } from "../sweep/table.ts";
import { checkTokens, checkWork } from "../arguments.ts";
import { optionWrong } from "../errors.ts";

/** Options of {@link ablateHeads}. */
export interface AblateHeadsOptions extends WorkOptions {
  readonly metrics: Metric | readonly Metric[];
  /**
   * What takes the place of a head's output: zeros, the mean over all prompts at each position, the others counted, or the
   * others' own (resample ablation). Default `"zero"`.
   */
  readonly by?: "zero" | "mean" | "resample";
  /** Other prompts, as many and as long: needed to resample. */
  readonly others?: Tensor2D;
  /** As of a sweep. */
  readonly memory?: number;
}

/**
 * Metrics of prompts in runs without one head each: its `hook_z` zeroed, replaced by a mean, or by that of other prompts.
 *
 * **Ownership:** *borrows* all; *returns owned*: `values` `[metric, pair, layer, head]`.
 *
 * @throws UsageError `CIRCUIT_MODEL`; what sweeps throw.
 */
export function ablateHeads(model: Hookable, tokens: Tensor2D, given: AblateHeadsOptions): Labelled {
  transformerOf(model, "ablateHeads");
  checkTokens("ablateHeads", "tokens", tokens);
  checkWork("ablateHeads", given, ["by", "others", "metrics", "memory"]);
  const { by = "zero", others = tokens, metrics, ...options } = given;
  if (by !== "zero" && by !== "mean" && by !== "resample")
    throw optionWrong("ablateHeads", "by", by, '"zero", "mean" or "resample"');
  checkTokens("ablateHeads", "others", others);
  const tables = patchTables(["attn_head_out_all_pos"]);
  using hooked = new PatchingSweep({
    tables,
    metrics,
    replaceBy: by === "resample" ? "clean" : by,
  }).prepare(model);
  using result = hooked.sweep({ clean: others, corrupt: tokens }, options);
  const table = result.get<Labelled>("attn_head_out_all_pos");
  return labelled(() => clone(table.get("values")), { axes: table.get("axes"), labels: table.get("labels") });
}
