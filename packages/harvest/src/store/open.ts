import type { UsageError } from "@hookdict/tensordict";
import { openDirectory, type UrlLike } from "@hookdict/tensordict/io";
import { folderStore } from "#platform";
import { isStore } from "../checks/given.ts";
import { ADDRESSES } from "./addresses.ts";
import { checkedStore } from "./checked.ts";
import { storeLocation } from "./errors.ts";
import { readOnlyStore } from "./read-only.ts";
import type { HarvestStore } from "./store.ts";

/** Where a store is: a folder (Node), `s3://bucket/prefix`, an `http(s)` address (to read), or a store. */
export type StoreLocation = string | UrlLike | HarvestStore;

/**
 * The store at a place. Nothing is read yet.
 *
 * @throws UsageError `HARVEST_LOCATION`; `HARVEST_NEEDS_NODE` for a folder in a page.
 */
export function openStore(location: StoreLocation): HarvestStore {
  const given: unknown = location; // plain JavaScript gives anything
  if (typeof given === "object" && given !== null) {
    if ("href" in given && typeof given.href === "string") return openStore(given.href);
    if (isStore(given)) return given;
    if ("createNew" in given) throw noStore(given); // has what only a store has, and not the rest
    if ("find" in given) return readOnlyStore(openDirectory(given as never), undefined); // checked by it
  }
  if (typeof given !== "string" || given === "") throw noStore(given);
  const address = ADDRESSES.find((each) => each.accepts(given));
  if (address !== undefined) return address.open(given);
  if (/^[a-z][a-z0-9+.-]+:/i.test(given) && !given.startsWith("file:")) throw noStore(given);
  return checkedStore(folderStore(given));
}

function noStore(location: unknown): UsageError {
  const begins = ADDRESSES.map(({ begin }) => `"${begin}"`).join(" or ");
  return storeLocation(
    location,
    `Give a folder, an address that begins with ${begins}, or a store of your own.`,
  );
}
