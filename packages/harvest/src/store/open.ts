import { openDirectory, type UrlLike, urlDirectory } from "@hookdict/tensordict/io";
import { folderStore } from "#platform";
import { isStore } from "../checks/given.ts";
import { checkedStore } from "./checked.ts";
import { storeLocation } from "./errors.ts";
import { readOnlyStore } from "./read-only.ts";
import { s3Store } from "./s3.ts";
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
    if ("createNew" in given) throw storeLocation(given); // has what only a store has, and not the rest
    if ("find" in given) return readOnlyStore(openDirectory(given as never), undefined); // checked by it
  }
  if (typeof given !== "string" || given === "") throw storeLocation(given);
  if (given.startsWith("s3://")) return s3Store(given);
  if (/^https?:/.test(given)) return readOnlyStore(urlDirectory(given), given);
  if (/^[a-z][a-z0-9+.-]+:/i.test(given) && !given.startsWith("file:")) throw storeLocation(given);
  return checkedStore(folderStore(given));
}
