import { enqueue as enqueueItems } from "../../queue/enqueue.ts";
import type { Command } from "../command.node.ts";
import { commandLine } from "../errors.node.ts";
import { openNamed } from "../open.node.ts";
import { openEngine } from "../queue.node.ts";
import { counted } from "../show.node.ts";
import { given, textOption, wholeOption } from "../values.node.ts";

/** Puts pending items into a queue. */
export const enqueue: Command = {
  name: "enqueue",
  usage: "enqueue ACTS --queue ADDRESS [--attempts N]",
  summary: "put what is pending into a queue; again is harmless",
  options: { queue: { type: "string" }, attempts: { type: "string" } },
  async run(input) {
    const address = textOption(input, "queue");
    if (address === undefined) throw commandLine("--queue is needed", enqueue.usage);
    const plan = await openNamed(enqueue, input);
    await using engine = openEngine(address);
    const count = await enqueueItems(plan, engine, given({ attempts: wholeOption(input, "attempts") }));
    input.say(`${counted(count, "pending item")} ${count === 1 ? "is" : "are"} in the queue`);
    return 0;
  },
};
