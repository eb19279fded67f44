import type { HarvestStore } from "./store.ts";

/** A kind of address that opens a store. */
export interface StoreAddress {
  /** What its addresses begin with, as messages show it. */
  readonly begin: string;
  accepts(address: string): boolean;
  /** Nothing is read yet. */
  open(address: string): HarvestStore;
}
