import { bytesSource, joinBytes } from "@hookdict/tensordict/io";
import { harvestOption } from "../checks/errors.ts";
import { checkedStore } from "./checked.ts";
import type { HarvestStore } from "./store.ts";

interface Held {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

/**
 * A store in this process's memory, for tests and small harvests in a page.
 *
 * @example
 * const store = memoryStore("acts");
 * await store.createNew("a.json", new Uint8Array(2)); // => true
 * await store.createNew("a.json", new Uint8Array(2)); // => false
 */
export function memoryStore(name: string): HarvestStore {
  if (typeof name !== "string") throw harvestOption("memoryStore", "name", name, "a text");
  return checkedStore(folderOf(name, "", new Map()));
}

function folderOf(name: string, prefix: string, files: Map<string, Held>): HarvestStore {
  const hold = (file: string, bytes: Uint8Array): void => {
    files.set(prefix + file, { bytes, modifiedMs: Date.now() });
  };
  /** Paths below the store's folder, split. */
  const below = (): string[][] =>
    [...files.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length).split("/"));
  return {
    name,
    location: undefined,
    async find(file) {
      const held = files.get(prefix + file);
      return held && bytesSource(`${name}/${file}`, held.bytes);
    },
    async write(file, parts) {
      hold(file, joinBytes(parts).slice());
    },
    async createNew(file, bytes) {
      if (files.has(prefix + file)) return false;
      hold(file, bytes.slice());
      return true;
    },
    async names(folder) {
      const depth = folder === "" ? 0 : folder.split("/").length;
      const inFolder = below().filter(
        (path) => path.length === depth + 1 && path.slice(0, depth).join("/") === folder,
      );
      return inFolder.map((path) => path.at(-1) ?? "").sort();
    },
    async folders() {
      return [...new Set(below().flatMap((path) => (path.length > 1 ? [path[0] ?? ""] : [])))].sort();
    },
    async describe(file) {
      const held = files.get(prefix + file);
      return held && { bytes: held.bytes.byteLength, modifiedMs: held.modifiedMs };
    },
    async remove(file) {
      files.delete(prefix + file);
    },
    at: (folder) => folderOf(`${name}/${folder}`, `${prefix}${folder}/`, files),
  };
}
