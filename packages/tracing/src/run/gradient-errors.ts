import { ShapeError, UsageError } from "@hookdict/tensordict";

export function gradientsOff(body: string): UsageError {
  return new UsageError({
    code: "TRACE_GRADIENTS_OFF",
    what: `${body} asked for gradients, but the trace takes none.`,
    hint: 'Name the sites when it is opened: openTrace(model, { gradients: "blocks.*.hook_resid_pre" }).',
    fields: { body },
  });
}

export function gradientUntapped(body: string, site: string, gradients: string): UsageError {
  return new UsageError({
    code: "TRACE_GRADIENT_SITE",
    what: `${body} asked for the gradient of ${site}, which the trace's gradients, ${gradients}, do not name.`,
    hint: "Sites are tapped before the run: add it to gradients of openTrace.",
    fields: { body, site, gradients },
  });
}

export function lossInvalid(body: string, got: string): ShapeError {
  return new ShapeError({
    code: "TRACE_LOSS",
    what: `${body} called backward with ${got}, not with a float32 scalar.`,
    hint: "Make one number of the result, for example through mean or sum.",
    fields: { body, got },
  });
}

export function lossMissing(): UsageError {
  return new UsageError({
    code: "TRACE_LOSS_MISSING",
    what: "The trace takes gradients, but no body called backward.",
    hint: "End a body with yield* t.backward(loss) and then yield* t.gradOutput(path), or open the trace without gradients.",
  });
}

export function backwardLate(body: string): UsageError {
  return new UsageError({
    code: "TRACE_BACKWARD_LATE",
    what: `${body} called backward when the backward pass was under way or over.`,
    hint: "All losses of a run are differentiated in one pass: call it once, before the first gradOutput or gradInput.",
    fields: { body },
  });
}

export function gradientSteps(): UsageError {
  return new UsageError({
    code: "TRACE_GRADIENT_STEPS",
    what: "A trace with gradients ran its model a second time.",
    hint: "Gradients are of one run: trace it alone.",
  });
}

export function gradientsWait(): UsageError {
  return new UsageError({
    code: "TRACE_GRADIENTS_ASYNC",
    what: "runAsync was called on a trace with gradients.",
    hint: "TensorFlow.js records gradients of synchronous runs only: call run.",
  });
}
