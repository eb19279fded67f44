import { describeValue, UsageError } from "@hookdict/tensordict";

export function streamEmpty(owner: string, wanted: string): UsageError {
  return new UsageError({
    code: "STREAM_EMPTY",
    what: `${owner} has not seen ${wanted}.`,
    hint: "Give it batches first: await fitStream(estimator, batches).",
    fields: { owner, wanted },
  });
}

export function streamBatch(at: number, got: unknown, wanted: string): UsageError {
  return new UsageError({
    code: "STREAM_BATCH",
    what: `Batch ${at} of a stream is ${describeValue(got)}.`,
    hint: `Give ${wanted}.`,
    fields: { at },
  });
}

export function streamState(owner: string, reason: string): UsageError {
  return new UsageError({
    code: "STREAM_STATE",
    what: `${owner} cannot go on from this state: ${reason}.`,
    hint: "Restore what state() of an estimator of the same class and options has given.",
    fields: { owner, reason },
  });
}
