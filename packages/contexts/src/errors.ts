import { MatchError, nearestNames, UsageError } from "@hookdict/core";

export function notAFactory(index: number, got: string): UsageError {
  return new UsageError({
    code: "COMPOSE_NOT_FACTORY",
    what: `compose was given ${got} as its part ${index}.`,
    hint: "Give factories such as new ActivationCaching(...), before they are prepared.",
    fields: { index, got },
  });
}

export function composeConflict(first: string, second: string, reason: string): UsageError {
  return new UsageError({
    code: "COMPOSE_CONFLICT",
    what: `${first} and ${second} cannot be composed: ${reason}.`,
    hint: "Change one of them, or prepare them one after the other.",
    fields: { first, second, reason },
  });
}

export function composedCaches(name: string, count: number): UsageError {
  return new UsageError({
    code: "COMPOSE_CACHES",
    what: `${name} has ${count === 0 ? "no part with a cache" : `${count} parts with a cache each`}.`,
    hint: "Take the part's own: hooked.context.parts[0].cache, with the place of the part in compose(...).",
    fields: { name, count },
  });
}

export function proxyEmpty(paths: readonly string[]): UsageError {
  return new UsageError({
    code: "PROXY_EMPTY",
    what: `The value at ${paths.join(", ")} was read, but the site has not run in the present or latest call.`,
    hint: "Call the model first; a site that runs only at times can be asked with isFilled.",
    fields: { paths },
  });
}

export function proxyOrder(source: string, target: string): UsageError {
  return new UsageError({
    code: "PROXY_ORDER",
    what: `A hook at ${target} takes the value of ${source}, which has not run yet in this call.`,
    hint: `Take it from a site that runs before ${target}, or from an earlier call: set(pattern, tensor).`,
    fields: { site: target, source },
  });
}

export function proxySeveral(paths: readonly string[]): UsageError {
  const shown = `${paths.slice(0, 8).join(", ")}${paths.length > 8 ? ` and ${paths.length - 8} more` : ""}`;
  return new UsageError({
    code: "PROXY_SEVERAL",
    what: `One value was asked of a proxy for ${paths.length} sites: ${shown}.`,
    hint: "Choose one with at(path), or read them all with all.",
    fields: { paths },
  });
}

export function proxySite(path: string, paths: readonly string[]): MatchError {
  return new MatchError({
    code: "PROXY_SITE",
    what: `The proxy has no site ${JSON.stringify(path)}.`,
    hint: `Its nearest are ${nearestNames(path, paths).join(", ")}.`,
    fields: { path, paths },
  });
}
