import { work as workOn } from "../../queue/work.ts";
import type { Command } from "../command.node.ts";
import { commandLine } from "../errors.node.ts";
import { openNamed, PLACES } from "../open.node.ts";
import { showProgress } from "../progress.node.ts";
import { openEngine } from "../queue.node.ts";
import { statusLine } from "../show.node.ts";
import { given, textOption, wholeOption } from "../values.node.ts";

/** Computes items of a queue. */
export const work: Command = {
  name: "work",
  usage:
    "work ACTS --queue ADDRESS [--processes N] [--lease SECONDS] [--attempts N] [--item-timeout SECONDS] [--one-backend] [--recipe FILE] [--data TOKENS]",
  summary: "compute items of a queue until the harvest is complete, on any number of machines",
  options: {
    ...PLACES,
    queue: { type: "string" },
    processes: { type: "string" },
    lease: { type: "string" },
    attempts: { type: "string" },
    "item-timeout": { type: "string" },
    "one-backend": { type: "boolean" },
  },
  async run(input) {
    const address = textOption(input, "queue");
    if (address === undefined) throw commandLine("--queue is needed", work.usage);
    const plan = await openNamed(work, input);
    await using engine = openEngine(address);
    const shown = showProgress(input);
    const ms = (name: string): number | undefined => {
      const seconds = wholeOption(input, name);
      return seconds === undefined ? undefined : seconds * 1000;
    };
    await using worker = await workOn(plan, engine, {
      ...given({
        processes: wholeOption(input, "processes"),
        attempts: wholeOption(input, "attempts"),
        lease: ms("lease"),
        itemTimeout: ms("item-timeout"),
      }),
      oneBackend: input.values["one-backend"] === true,
      onProgress: shown.onProgress,
      signal: input.signal,
    });
    try {
      const status = await worker.finished;
      shown.end();
      input.say(statusLine(status));
      return status.dead > 0 ? 1 : 0;
    } finally {
      shown.end();
    }
  },
};
