import { LifetimeError, MatchError, UsageError } from "@hookdict/tensordict";

export function contextDisposed(name: string, action: string): LifetimeError {
  return new LifetimeError({
    code: "CONTEXT_DISPOSED",
    what: `${action} was called on ${name}, which is disposed.`,
    hint: "Prepare the model again, and use the hooked module inside its using block.",
    fields: { name, action },
  });
}

export function notHookable(got: string): UsageError {
  return new UsageError({
    code: "MODEL_NOT_HOOKABLE",
    what: `A value of type ${got} cannot be hooked as it is.`,
    hint:
      "Give a Module or a hooked module; wrap a tf.LayersModel with hookLayers (@hookdict/core/layers), " +
      "a tf.GraphModel with hookGraph (@hookdict/core/graph), a function with hookFunction (@hookdict/core).",
    fields: { got },
  });
}

export function modelFrozen(name: string): UsageError {
  return new UsageError({
    code: "MODEL_FROZEN",
    what: `${name} is frozen, so no hooks can be put on it.`,
    hint: "Leave models unfrozen, or freeze them once no context will be prepared on them any more.",
    fields: { name },
  });
}

export function mountTaken(model: string, path: string): UsageError {
  return new UsageError({
    code: "MOUNT_TAKEN",
    what: `${model} has a site ${path} already.`,
    hint: "Give what is added another name.",
    fields: { model, path },
  });
}

export function contextRunAsync(): UsageError {
  return new UsageError({
    code: "CONTEXT_RUN_ASYNC",
    what: "The function given to run() returned a promise, so the context has ended before it is done.",
    hint: "Call runAsync() and await it.",
  });
}

export function contextHasNoCache(name: string): UsageError {
  return new UsageError({
    code: "CONTEXT_NO_CACHE",
    what: `${name} captures nothing, so it has no cache.`,
    hint: "Read the cache of a caching context, such as ActivationCaching.",
    fields: { name },
  });
}

export function hooksRefused(path: string, reason: string): UsageError {
  return new UsageError({
    code: "HOOKS_REFUSED",
    what: `The model takes no hooks at ${path}: ${reason.replace(/\.$/, "")}.`,
    hint: `Hook another site, or leave this one out: ["**", "!${path}"].`,
    fields: { site: path, reason },
  });
}

export function siteUnknown(model: string, path: string): MatchError {
  return new MatchError({
    code: "SITE_UNKNOWN",
    what: `${model} has no site at ${JSON.stringify(path)}.`,
    hint: "Give sites of this very model, as sites() tells them.",
    fields: { model, site: path },
  });
}
