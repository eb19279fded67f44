import { describeValue, ShapeError, UsageError } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";

export function batchMismatch(what: string, tensor: Tensor, axis: number, total: number): ShapeError {
  const shown = describeValue(tensor);
  return new ShapeError({
    code: "TRACE_BATCH",
    what: `The value at ${what} is ${shown}, but the batch of all invokes has ${total} rows on its axis ${axis}.`,
    hint: "Declare where the site has its examples: openTrace(model, { batchAxes: [[pattern, axis or null]] }).",
    fields: { site: what, value: shown, axis, total },
  });
}

export function inputsUnlike(first: string, other: string, reason: string): ShapeError {
  return new ShapeError({
    code: "TRACE_INPUTS_UNLIKE",
    what: `The inputs of ${first} and ${other} cannot be one batch: ${reason}.`,
    hint: "Give inputs of one shape but for the first axis, or openTrace(model, { batch: padded(...) }) for sequences of different lengths.",
    fields: { first, other, reason },
  });
}

export function inputsWithoutRows(name: string, got: string): ShapeError {
  return new ShapeError({
    code: "TRACE_INPUTS_ROWS",
    what: `The input of ${name} is ${got}: it has no first axis of examples, which several invokes need.`,
    hint: "Give tensors [rows, ...], or one invoke alone.",
    fields: { invoke: name, got },
  });
}

export function noInputs(): UsageError {
  return new UsageError({
    code: "TRACE_NO_INPUT",
    what: "The trace was run, but no invoke has an input.",
    hint: "Give one: trace.invoke(input, function* (t) { ... }), or run the model yourself: trace.run((call) => call(input)).",
  });
}

export function sequenceInvalid(got: string): UsageError {
  return new UsageError({
    code: "TRACE_SEQUENCE",
    what: `padded was given ${got} among its sequences.`,
    hint: "Give lists of token ids, [3, 1, 4] or [[3, 1, 4], [1, 5]], or int32 tensors [pos] or [rows, pos].",
    fields: { got },
  });
}

export function positionUnknown(position: number, row: number, length: number): UsageError {
  return new UsageError({
    code: "TRACE_POSITION",
    what: `pos was asked for position ${position} of row ${row}, which has ${length} tokens.`,
    hint: "Count from 0, or from the end with -1.",
    fields: { position, row, length },
  });
}

export function positionsUnknown(name: string): UsageError {
  return new UsageError({
    code: "TRACE_NOT_PADDED",
    what: `pos was asked in ${name}, but the trace does not know where its sequences begin.`,
    hint: "Open it with a batch that tells: openTrace(model, { batch: padded(...) }).",
    fields: { body: name },
  });
}
