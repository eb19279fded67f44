import { checkStore, isStore } from "../checks/given.ts";
import { CheckError } from "@hookdict/tensordict";
import { decodeUtf8, encodeUtf8 } from "@hookdict/tensordict/io";
import type { HarvestStore } from "../store/store.ts";

/** A store or a queue that does not do what a harvest needs. */
export function conformanceFailed(what: string): CheckError {
  return new CheckError({
    code: "HARVEST_CONFORMANCE",
    what: `${what}.`,
    hint: "The interface's comments say what a harvest needs of it.",
    fields: { what },
  });
}

/** @throws CheckError `HARVEST_CONFORMANCE` unless it holds. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw conformanceFailed(what);
}

async function textOf(store: HarvestStore, file: string): Promise<string | undefined> {
  const source = await store.find(file);
  if (source === undefined) return undefined;
  const bytes = new Uint8Array(source.size);
  await source.readInto(bytes, 0);
  await source.close();
  return decodeUtf8(bytes);
}

/**
 * Checks that a store, empty at first, does what a harvest needs: above all that of many writers who create a file at the
 * same time exactly one is told that it was first. The store is as before afterwards.
 *
 * @throws CheckError `HARVEST_CONFORMANCE` that says what it does not do.
 * @example
 * await harvestStoreConformance(memoryStore("acts"));
 */
export async function harvestStoreConformance(store: HarvestStore): Promise<void> {
  checkStore("harvestStoreConformance", store);
  const text = encodeUtf8;
  must((await store.find("none")) === undefined, "find gives something for a file that there is not");
  must((await store.describe("none")) === undefined, "describe gives something for a file that there is not");
  const names = async (folder: string): Promise<readonly string[]> => {
    const found: unknown = await store.names(folder);
    must(Array.isArray(found), "names gives no list");
    return found as readonly string[]; // just looked at
  };
  must((await names("none")).length === 0, "names gives something for a folder that there is not");
  await store.write("a/one", [text("first"), text(" half")]);
  must((await textOf(store, "a/one")) === "first half", "write does not join its parts");
  await store.write("a/one", [text("again")]);
  must((await textOf(store, "a/one")) === "again", "write does not replace");
  must((await store.describe("a/one"))?.bytes === 5, "describe does not give the bytes");
  for (let round = 0; round < 5; round++) {
    const writers = Array.from({ length: 8 }, (_, i) => `writer ${i}`);
    const won = await Promise.all(writers.map((who) => store.createNew(`a/new-${round}`, text(who))));
    must(won.filter(Boolean).length === 1, "createNew tells several writers, or none, that they were first");
    const first = writers[won.indexOf(true)];
    must(
      (await textOf(store, `a/new-${round}`)) === first,
      "createNew keeps another's bytes than the first's",
    );
    must(!(await store.createNew(`a/new-${round}`, text("late"))), "createNew creates what is there");
    must((await textOf(store, `a/new-${round}`)) === first, "createNew changes what is there");
  }
  must(
    (await names("a")).join() === "new-0,new-1,new-2,new-3,new-4,one",
    "names are not those of the files, sorted",
  );
  const folders: unknown = await store.folders();
  must(Array.isArray(folders) && folders.includes("a"), "folders lacks a folder");
  const folder: unknown = store.at("a");
  must(isStore(folder), "at gives no store");
  must((await textOf(folder as HarvestStore, "one")) === "again", "at does not give the folder's store");
  for (const name of await names("a")) await store.remove(`a/${name}`);
  await store.remove("a/none");
  must((await names("a")).length === 0, "remove leaves files");
}
