import { harvestOption } from "../checks/errors.ts";
import type { HarvestStore } from "./store.ts";

/** A store of ours whose methods look at what they are given. */
export function checkedStore(store: HarvestStore): HarvestStore {
  const { name } = store;
  const file = (given: unknown): void => {
    if (typeof given !== "string" || given === "" || given.includes("\0"))
      throw harvestOption(name, "file", given, "the name of a file");
  };
  const folder = (given: unknown): void => {
    if (typeof given !== "string" || given.includes("\0"))
      throw harvestOption(name, "folder", given, "the name of a folder");
  };
  const bytes = (given: unknown): void => {
    if (!(given instanceof Uint8Array)) throw harvestOption(name, "bytes", given, "a Uint8Array");
  };
  return {
    ...store,
    async find(given) {
      file(given);
      return store.find(given);
    },
    async write(given, parts) {
      file(given);
      if (!Array.isArray(parts)) throw harvestOption(name, "parts", parts, "a list of Uint8Arrays");
      parts.forEach(bytes);
      await store.write(given, parts);
    },
    async createNew(given, content) {
      file(given);
      bytes(content);
      return store.createNew(given, content);
    },
    async names(given) {
      folder(given);
      return store.names(given);
    },
    async describe(given) {
      file(given);
      return store.describe(given);
    },
    async remove(given) {
      file(given);
      await store.remove(given);
    },
    at(given) {
      folder(given);
      return checkedStore(store.at(given));
    },
  };
}
