import { LifetimeError, UsageError } from "@hookdict/tensordict";

/** How a trace ends a run that nobody needs any more; never seen by users of a trace. */
export function traceStopped(site: string, owner: string): LifetimeError {
  return new LifetimeError({
    code: "TRACE_STOPPED",
    what: `The run was stopped at ${site} by ${owner}, so the model has no output.`,
    hint: "This is how a trace ends a run that nobody needs any more.",
    fields: { site, context: owner },
  });
}

export function traceDisposed(action: string): LifetimeError {
  return new LifetimeError({
    code: "TRACE_DISPOSED",
    what: `${action} was called on a trace that has ended.`,
    hint: "Open another with openTrace(model).",
    fields: { action },
  });
}

export function traceRunning(action: string): UsageError {
  return new UsageError({
    code: "TRACE_RUNNING",
    what: `${action} was called while the trace, or another run of its model, is under way.`,
    hint: "Call it before or after trace.run(), not in a body or a hook.",
    fields: { action },
  });
}

export function notRun(name: string): LifetimeError {
  return new LifetimeError({
    code: "TRACE_NOT_RUN",
    what: `The value of ${name} was read, but there is none.`,
    hint: "It is there after trace.run(), unless the body was stopped or the run failed.",
    fields: { invoke: name },
  });
}

export function notOwned(): LifetimeError {
  return new LifetimeError({
    code: "TRACE_TAKE",
    what: "take was called with a tensor that is not the trace's.",
    hint: "Take what a body has returned or saved, or what run has returned, once, and before the trace ends.",
  });
}

export function cacheInEdit(name: string): UsageError {
  return new UsageError({
    code: "TRACE_EDIT_CACHE",
    what: `cache was called in ${name}.`,
    hint: "An edit runs in every run and has nothing that outlives it: create the cache in a trace.",
    fields: { body: name },
  });
}
