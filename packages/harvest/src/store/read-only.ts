import type { SourceDirectory } from "@hookdict/tensordict/io";
import { storeReadOnly } from "./errors.ts";
import type { HarvestStore } from "./store.ts";

/** A place that can only be read (a server's address, files picked in a page) as a store. Nothing is listed. */
export function readOnlyStore(directory: SourceDirectory, location: string | undefined): HarvestStore {
  const refuse = async (): Promise<never> => {
    throw storeReadOnly(directory.name);
  };
  const at = (folder: string): HarvestStore =>
    readOnlyStore(
      { name: `${directory.name}/${folder}`, find: (file) => directory.find(`${folder}/${file}`) },
      location === undefined ? undefined : `${location.replace(/\/$/, "")}/${folder}`,
    );
  return {
    name: directory.name,
    location,
    find: (file) => directory.find(file),
    write: refuse,
    createNew: refuse,
    names: refuse,
    folders: refuse,
    remove: refuse,
    async describe(file) {
      const source = await directory.find(file);
      await source?.close();
      return source && { bytes: source.size, modifiedMs: 0 };
    },
    at,
  };
}
