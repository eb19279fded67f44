import { encodeUtf8 } from "@hookdict/tensordict/io";
import { storeNotExclusive } from "./errors.ts";
import type { HarvestStore } from "./store.ts";

/**
 * Creates a file twice: the second writer must be refused.
 *
 * @throws UsageError `HARVEST_STORE_NOT_EXCLUSIVE`
 */
export async function probeStore(store: HarvestStore): Promise<void> {
  const file = `probe-${Math.random().toString(36).slice(2, 14)}`;
  try {
    const first = await store.createNew(file, encodeUtf8("first"));
    const second = await store.createNew(file, encodeUtf8("second"));
    if (!first || second) throw storeNotExclusive(store.name);
  } finally {
    await store.remove(file);
  }
}
