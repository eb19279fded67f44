import { env } from "node:process";
import { harvest } from "../../run/harvest.ts";
import type { Command } from "../command.node.ts";
import { openNamed, PLACES } from "../open.node.ts";
import { showProgress } from "../progress.node.ts";
import { statusLine } from "../show.node.ts";
import { given, partOption, wholeOption } from "../values.node.ts";

/** Computes what is pending. */
export const run: Command = {
  name: "run",
  usage:
    "run ACTS [--processes N] [--part I/N] [--attempts N] [--item-timeout SECONDS] [--one-backend] [--recipe FILE] [--data TOKENS]",
  summary: "compute what is pending, on this machine; stopped and run again, it goes on",
  options: {
    ...PLACES,
    processes: { type: "string" },
    part: { type: "string" },
    attempts: { type: "string" },
    "item-timeout": { type: "string" },
    "one-backend": { type: "boolean" },
  },
  async run(input) {
    const plan = await openNamed(run, input);
    const shown = showProgress(input);
    try {
      const seconds = wholeOption(input, "item-timeout");
      const status = await harvest(plan, {
        ...given({
          processes: wholeOption(input, "processes"),
          attempts: wholeOption(input, "attempts"),
          part: partOption(input, env),
          itemTimeout: seconds === undefined ? undefined : seconds * 1000,
        }),
        oneBackend: input.values["one-backend"] === true,
        onProgress: shown.onProgress,
        signal: input.signal,
      });
      shown.end();
      input.say(statusLine(status));
      return status.dead > 0 ? 1 : 0;
    } catch (error) {
      shown.end();
      throw error;
    }
  },
};
