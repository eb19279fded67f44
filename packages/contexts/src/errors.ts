import { UsageError } from "@hookdict/core";

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
