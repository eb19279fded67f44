import { formatBytes } from "@hookdict/tensordict";
import { collectGarbage } from "../../upkeep/gc.ts";
import type { Command } from "../command.node.ts";
import { openNamed } from "../open.node.ts";
import { counted } from "../show.node.ts";
import { given, wholeOption } from "../values.node.ts";

/** Removes what no record names. */
export const gc: Command = {
  name: "gc",
  usage: "gc ACTS [--hours N]",
  summary: "remove shards that no record names and that are older than a day",
  options: { hours: { type: "string" } },
  async run(input) {
    const plan = await openNamed(gc, input);
    const { files, bytes } = await collectGarbage(plan, given({ hours: wholeOption(input, "hours") }));
    input.say(`removed ${counted(files, "file")}, ${formatBytes(bytes)}`);
    return 0;
  },
};
