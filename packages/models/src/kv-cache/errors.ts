import { shown, HookdictError, LifetimeError, ShapeError, UsageError } from "@hookdict/tensordict";

/** A cache cannot do now what it is asked for; the caller may free room, or compute the sequence again. */
export class CacheError extends HookdictError {}

/** No room for a batch. */
export function cacheFull(batch: number, free: number, state: string): CacheError {
  return new CacheError({
    code: "CACHE_FULL",
    what: `The cache has no room for ${count(batch, "token")}: ${count(free, "cell")} free.\n${state}\n`,
    hint: "Remove sequences that are finished, remove earlier tokens, or make a cache of more capacity.",
    fields: { batch, free },
  });
}

/** A removal that moves keys, in a cache that cannot. */
export function shiftUnsupported(sequence: number, begin: number, end: number): CacheError {
  return new CacheError({
    code: "CACHE_SHIFT_UNSUPPORTED",
    what: `Removing positions ${begin} to ${end} of sequence ${sequence} would move later ones; the cache has no shift function.`,
    hint: `Give the cache { shift }, or remove everything from ${begin} on.`,
    fields: { sequence, begin, end },
  });
}

/** A removal that would move cells that another sequence has as well. */
export function shiftShared(sequence: number, others: readonly number[], position: number): CacheError {
  return new CacheError({
    code: "CACHE_SHIFT_SHARED",
    what: `Position ${position} of sequence ${sequence} would move, but its cell belongs to sequence ${others.join(", ")} as well.`,
    hint: `Remove the others first, or remove all of sequence ${sequence} and compute it again.`,
    fields: { sequence, others, position },
  });
}

/** A removal after which a window would reach back to tokens that are gone. */
export function windowLost(sequence: number, needed: number, lowest: number): CacheError {
  return new CacheError({
    code: "CACHE_WINDOW_LOST",
    what: `After this removal, sequence ${sequence} would need position ${needed}, which has left the window; the lowest it would have is ${lowest}.`,
    hint: `Remove all of sequence ${sequence} and compute it again, or make a cache with more memory.`,
    fields: { sequence, needed, lowest },
  });
}

/** All slots of a session are in use. */
export function noSlot(slots: number): CacheError {
  return new CacheError({
    code: "CACHE_NO_SLOT",
    what: `All ${count(slots, "slot")} of the session are in use.`,
    hint: "Release one, or make a session of more slots.",
    fields: { slots },
  });
}

/** A slot that could not lose inputs from its middle. */
export function reprocess(sequence: number, inputs: readonly unknown[], cause: CacheError): CacheError {
  return new CacheError({
    code: "CACHE_REPROCESS",
    what: `Sequence ${sequence} could not be shifted, and was emptied: ${cause.message}`,
    hint: `Compute the ${count(inputs.length, "input")} in fields.inputs again.`,
    fields: { sequence, inputs },
    cause,
  });
}

/** A batch that is none. */
export function cacheBatch(problem: string): UsageError {
  return new UsageError({
    code: "CACHE_BATCH",
    what: `This is no batch for a cache: ${problem}.`,
    hint: "Give { positions, sequences }, one number from 0 on for each token.",
    fields: { problem },
  });
}

/** An option, or an argument, of the wrong kind. */
export function cacheOption(name: string, want: string, got: unknown): UsageError {
  return new UsageError({
    code: "CACHE_OPTION",
    what: `"${name}" of a cache is ${shown(got)}; it must be ${want}.`,
    fields: { name, got },
  });
}

/** Keys or values that do not fit the batch, each other, or what the layer stored before. */
export function cacheRows(
  layer: number,
  name: "keys" | "values",
  want: string,
  { dtype, shape }: { readonly dtype: string; readonly shape: readonly number[] },
): ShapeError {
  return new ShapeError({
    code: "CACHE_ROWS",
    what: `The ${name} of layer ${layer} are ${dtype} [${shape.join(", ")}]; they must be float32 ${want}.`,
    hint: "Give what the layer computed for the tokens of startForward.",
    fields: { layer, name, dtype, shape },
  });
}

/** `get` before `put`. */
export function nothingPut(layer: number): UsageError {
  return new UsageError({
    code: "CACHE_NOTHING_PUT",
    what: `Nothing was put into layer ${layer}.`,
    hint: "Call setLayer, put, then get.",
    fields: { layer },
  });
}

/** `put` or `get` before `startForward`. */
export function noPass(method: string): LifetimeError {
  return new LifetimeError({
    code: "CACHE_NO_PASS",
    what: `"${method}" of a cache was called outside a pass.`,
    hint: "Call startForward first; after one that failed, call it again.",
    fields: { method },
  });
}

/** A cache that was used after its end. */
export function cacheDisposed(): LifetimeError {
  return new LifetimeError({
    code: "CACHE_DISPOSED",
    what: "This cache was disposed, and its keys and values with it.",
    hint: "Call it inside the scope of its `using`.",
  });
}

/** What an encoder's cache cannot do. */
export function encoderUnsupported(what: string): UsageError {
  return new UsageError({
    code: "CACHE_ENCODER",
    what: `An encoder's cache ${what}.`,
    hint: "It holds what one sequence attends to; make one for each.",
    fields: { what },
  });
}

/** "1 cell", "2 cells". */
function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
