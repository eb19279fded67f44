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
export function queueAddress(address: string): UsageError {
  return new UsageError({
    code: "QUEUE_ADDRESS",
    what: `${JSON.stringify(address)} is no address of a queue.`,
    hint: "Give redis://host:port, rediss://..., or postgres://user@host:port/database.",
    fields: { address },
  });
}
