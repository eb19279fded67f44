import { FormatError, UsageError } from "@hookdict/tensordict";

/** A harvest that is not complete. */
export function harvestIncomplete(where: string, pending: number, items: number): UsageError {
  return new UsageError({
    code: "HARVEST_INCOMPLETE",
    what: `${where}: ${pending} of ${items} items are neither committed nor given up.`,
    hint: "Run it to its end first.",
    fields: { where, pending, items },
  });
}

/** A manifest of other items than the store's. */
export function manifestOld(where: string): FormatError {
  return new FormatError({
    code: "HARVEST_MANIFEST_OLD",
    what: `${where}/manifest.json: does not list what is committed now.`,
    hint: "Seal the harvest again.",
    fields: { where },
  });
}
