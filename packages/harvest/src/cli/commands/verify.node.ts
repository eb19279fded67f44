import { verifyHarvest } from "../../upkeep/verify.ts";
import type { Command } from "../command.node.ts";
import { openNamed } from "../open.node.ts";
import { counted } from "../show.node.ts";

/** Compares shards with records. */
export const verify: Command = {
  name: "verify",
  usage: "verify ACTS [--quick]",
  summary: "compare every committed shard with its record; --quick hashes nothing",
  options: { quick: { type: "boolean" } },
  async run(input) {
    const plan = await openNamed(verify, input);
    const faults = await verifyHarvest(plan, { quick: input.values["quick"] === true });
    for (const { item, file, problem } of faults)
      input.say(`${item === undefined ? "" : `item ${item}: `}${file}: ${problem}`);
    input.say(faults.length === 0 ? "nothing is wrong" : counted(faults.length, "fault"));
    return faults.length === 0 ? 0 : 1;
  },
};
