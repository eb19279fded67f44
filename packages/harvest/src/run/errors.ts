import { FormatError, LifetimeError, UsageError } from "@hookdict/tensordict";

/** A child that ended while it computed an item. */
export function itemEnded(item: number, how: string): LifetimeError {
  return new LifetimeError({
    code: "ITEM_ENDED",
    what: `Item ${item}: its process ended (${how}).`,
    hint: "Out of memory? A crash of native code? Try the item alone, with processes: 0.",
    fields: { item, how },
  });
}

/** An item that took too long. */
export function itemTimeout(item: number, ms: number): LifetimeError {
  return new LifetimeError({
    code: "ITEM_TIMEOUT",
    what: `Item ${item}: was not done after ${ms / 1000} s, and its process was ended.`,
    hint: "Give a longer itemTimeout, or fewer itemRows.",
    fields: { item, ms },
  });
}

/** An item that failed in a child. */
export function itemFailed(item: number, message: string, stack: string): LifetimeError {
  const error = new LifetimeError({
    code: "ITEM_FAILED",
    what: `Item ${item}: ${message}`,
    fields: { item },
  });
  if (stack !== "") error.stack = stack;
  return error;
}

/** A harvest in memory, and children. */
export function storeNotShared(store: string): UsageError {
  return new UsageError({
    code: "HARVEST_STORE_NOT_SHARED",
    what: `${store}: is in this process alone, and children are to compute.`,
    hint: "Give processes: 0, or a store that has a location.",
    fields: { store },
  });
}

/** A worker on another backend than the harvest's. */
export function backendDiffers(got: string, want: string): UsageError {
  return new UsageError({
    code: "HARVEST_BACKEND_DIFFERS",
    what: `This process computes on "${got}", and the harvest began on "${want}".`,
    hint: "Backends round differently. Load the same one, or leave oneBackend (--one-backend) off.",
    fields: { got, want },
  });
}

/** A plan that is not the one a worker was told of. */
export function planDiffers(where: string, want: string, got: string): FormatError {
  return new FormatError({
    code: "HARVEST_PLAN_DIFFERS",
    what: `${where}: holds the harvest ${got.slice(0, 16)}, and ${want.slice(0, 16)} was to be computed.`,
    hint: "Give the folder of the harvest itself.",
    fields: { where, want, got },
  });
}

/** The signal was raised. */
export function harvestStopped(): LifetimeError {
  return new LifetimeError({
    code: "HARVEST_STOPPED",
    what: "The harvest was stopped.",
    hint: "What is committed stays: run again to go on.",
  });
}
