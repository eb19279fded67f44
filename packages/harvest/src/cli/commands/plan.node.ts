import { formatBytes } from "@hookdict/tensordict";
import type { Command } from "../command.node.ts";
import { commandLine } from "../errors.node.ts";
import { counted, formatSeconds } from "../show.node.ts";
import { given, textOption, wholeOption } from "../values.node.ts";

/** Plans a harvest. */
export const plan: Command = {
  name: "plan",
  usage: "plan RECIPE --data TOKENS --out ACTS [--item-rows N] [--batch-rows N] [--dry-run]",
  summary: "run one batch, tell what the harvest takes, and write its plan",
  options: {
    data: { type: "string" },
    out: { type: "string" },
    "item-rows": { type: "string" },
    "batch-rows": { type: "string" },
    "dry-run": { type: "boolean" },
  },
  async run(input) {
    const [recipe] = input.places;
    const [data, out] = [textOption(input, "data"), textOption(input, "out")];
    if (recipe === undefined || data === undefined || out === undefined)
      throw commandLine("RECIPE, --data and --out are needed", plan.usage);
    const dryRun = input.values["dry-run"] === true;
    const [itemRows, batchRows] = [wholeOption(input, "item-rows"), wholeOption(input, "batch-rows")];
    const { planHarvest } = await import("../../plan/make.ts"); // models are loaded where one is run
    const planned = await planHarvest({ recipe, data, out, dryRun, ...given({ itemRows, batchRows }) });
    const { estimate, file, store } = planned;
    for (const { name, dtype, shape } of file.tensors)
      input.say(`${name}: ${dtype} [${shape.join(", ")}] a row`);
    for (const { name, width } of file.features) input.say(`${name}: ${width} features, sparse`);
    if (estimate !== undefined) {
      const { rows, items, bytes, shardBytes, freeBytes, tokensPerSecond, seconds } = estimate;
      const free = freeBytes === undefined ? "" : ` of ${formatBytes(freeBytes)} that are free`;
      input.say(
        `${counted(rows, "row")} in ${counted(items, "item")}; ${formatBytes(bytes)}${free}, ${formatBytes(shardBytes)} a shard`,
      );
      input.say(`${Math.round(tokensPerSecond)} tokens/s, ${formatSeconds(seconds)} in one process`);
    }
    input.say(dryRun ? "dry run: nothing was written" : store.name);
    return 0;
  },
};
