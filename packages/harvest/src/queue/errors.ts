import { FormatError, UsageError } from "@hookdict/tensordict";

/** A job of a queue that names no item of the harvest. */
export function queueJob(problem: string): FormatError {
  return new FormatError({
    code: "QUEUE_JOB",
    what: `A job of the queue ${problem}.`,
    hint: "Somebody else writes to this queue: give the harvest one of its own.",
    fields: { problem },
  });
}

/** A server of queues that does not answer. */
export function queueUnreachable(address: string, cause: unknown): UsageError {
  return new UsageError({
    code: "QUEUE_UNREACHABLE",
    what: `${address}: no queue answers.`,
    hint: "Check the address, and that the server runs.",
    fields: { address },
    cause,
  });
}

/** A library that queues need and that is not installed. */
export function queuePeer(name: string, cause: unknown): UsageError {
  return new UsageError({
    code: "QUEUE_PEER",
    what: `Queues need ${name}, which is not installed.`,
    hint: `npm install ${name}`,
    fields: { name },
    cause,
  });
}
