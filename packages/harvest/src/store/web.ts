import { urlDirectory } from "@hookdict/tensordict/io";
import type { StoreAddress } from "./address.ts";
import { readOnlyStore } from "./read-only.ts";

/** What a server gives, to read. */
export const web: StoreAddress = {
  begin: "https://",
  accepts: (address) => /^https?:/.test(address),
  open: (address) => readOnlyStore(urlDirectory(address), address),
};
