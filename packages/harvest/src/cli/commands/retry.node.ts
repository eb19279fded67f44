import { retryDead } from "../../upkeep/retry.ts";
import type { Command } from "../command.node.ts";
import { openNamed } from "../open.node.ts";
import { withQueue } from "../queue.node.ts";
import { counted } from "../show.node.ts";

/** Has dead items tried again. */
export const retry: Command = {
  name: "retry",
  usage: "retry ACTS [--queue ADDRESS]",
  summary: "have items tried again that were given up",
  options: { queue: { type: "string" } },
  async run(input) {
    const plan = await openNamed(retry, input);
    const count =
      (await withQueue(plan, input, (queue) => retryDead(plan, queue))) ?? (await retryDead(plan));
    input.say(`${counted(count, "item")} ${count === 1 ? "is" : "are"} pending again`);
    return 0;
  },
};
