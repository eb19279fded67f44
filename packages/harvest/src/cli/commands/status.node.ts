import { harvestStatus } from "../../upkeep/status.ts";
import type { Command } from "../command.node.ts";
import { openNamed } from "../open.node.ts";
import { withQueue } from "../queue.node.ts";
import { statusLine } from "../show.node.ts";
import { findDead } from "../../item/record.ts";
import { itemStates } from "../../upkeep/status.ts";

/** Reasons that are told. */
const MOST_REASONS = 10;

/** Tells how far a harvest is. */
export const status: Command = {
  name: "status",
  usage: "status ACTS [--queue ADDRESS]",
  summary: "tell how far it is, and why items were given up",
  options: { queue: { type: "string" } },
  async run(input) {
    const plan = await openNamed(status, input);
    const engine = await withQueue(plan, input, (queue) => queue.counts());
    const found = { ...(await harvestStatus(plan)), ...(engine !== undefined && { engine }) };
    input.say(statusLine(found));
    for (const item of [...(await itemStates(plan)).dead].slice(0, MOST_REASONS)) {
      const note = await findDead(plan, item);
      input.say(
        `dead: item ${item} after ${note?.attempts ?? "?"} attempts: ${note?.reason.split("\n")[0] ?? ""}`,
      );
    }
    return 0;
  },
};
