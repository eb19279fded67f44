import { KeyError, MatchError, nearestNames, UsageError } from "@hookdict/tensordict";

export function cacheKey(key: string, known: readonly string[]): KeyError {
  const near = nearestNames(key, known);
  return new KeyError({
    code: "TRACE_CACHE_KEY",
    what: `The trace's cache has nothing for ${JSON.stringify(key)}.`,
    hint:
      known.length === 0
        ? "It has nothing at all: it records from its creation on, so create it before the sites run."
        : `Its nearest are ${near.join(", ")}; it records from its creation on.`,
    fields: { key, known },
  });
}

export function cacheSeveral(key: string, count: number): UsageError {
  return new UsageError({
    code: "TRACE_CACHE_SEVERAL",
    what: `One entry was asked of ${JSON.stringify(key)}, which was visited ${count} times.`,
    hint: "Take them all with visits, which is a list with each one's step and call.",
    fields: { key, count },
  });
}

export function cacheIndex(path: string, index: number, length: number): MatchError {
  return new MatchError({
    code: "TRACE_CACHE_INDEX",
    what: `${path === "" ? "The model" : path} was asked for its item ${index}, but it has ${length}.`,
    hint: "Items are counted from 0.",
    fields: { path, index, length },
  });
}

export function cacheNotList(path: string, index: number): UsageError {
  return new UsageError({
    code: "TRACE_CACHE_NOT_LIST",
    what: `${path === "" ? "The model" : path} was asked for its item ${index}, but it is no list.`,
    hint: "Ask for what is below it by name.",
    fields: { path, index },
  });
}

export function cacheChild(path: string, child: string, known: readonly string[]): MatchError {
  const near = nearestNames(child, known);
  return new MatchError({
    code: "TRACE_CACHE_CHILD",
    what: `${path === "" ? "The model" : path} has no ${JSON.stringify(child)}.`,
    hint: near.length > 0 ? `It has ${near.join(", ")}.` : "It has nothing below it.",
    fields: { path, child, known },
  });
}

export function cacheLeft(what: string, key: string): UsageError {
  return new UsageError({
    code: "TRACE_CACHE_LEFT_OUT",
    what: `The cache was asked for the ${what} of ${JSON.stringify(key)}, which it does not record.`,
    hint: `Create it with ${what}s: true, before the site runs.`,
    fields: { what, key },
  });
}

export function cacheOnHost(): UsageError {
  return new UsageError({
    code: "TRACE_CACHE_HOST",
    what: "toTensorDict was called on a cache whose values are typed arrays.",
    hint: "Create the cache without host: true.",
  });
}
