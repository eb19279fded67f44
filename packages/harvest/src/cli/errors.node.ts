import { UsageError } from "@hookdict/tensordict";

/** A command line that cannot be understood. */
export function commandLine(problem: string, usage: string): UsageError {
  return new UsageError({
    code: "COMMAND_LINE",
    what: `${problem}.`,
    hint: `Usage: hookdict-harvest ${usage}`,
    fields: { problem },
  });
}

/** A queue of a kind that there is not. */
export function queueAddress(address: string, examples: readonly string[]): UsageError {
  return new UsageError({
    code: "QUEUE_ADDRESS",
    what: `${JSON.stringify(address)} is no address of a queue.`,
    hint: `Give ${[...examples.slice(0, -1), `or ${examples.at(-1)}`].join(", ")}.`,
    fields: { address },
  });
}
