import type { SourceDirectory } from "@hookdict/tensordict/io";

/** What a store tells about one of its files. */
export interface StoredFile {
  readonly bytes: number;
  /** When it was written, in milliseconds since 1970 by the store's clock. */
  readonly modifiedMs: number;
}

/**
 * Where a harvest lies: named files in folders, one of which can be created by one writer alone. A folder on disk, a
 * bucket, memory; one of your own needs the same methods (see `harvestStoreConformance` in `@hookdict/harvest/testing`).
 */
export interface HarvestStore extends SourceDirectory {
  /** What `openStore` makes the same store of in another process; `undefined` where no other can. */
  readonly location: string | undefined;
  /**
   * Writes a file, replacing what was there: whole, and kept by the store, when the promise resolves; nothing when it
   * rejects. **Ownership:** *borrows* the parts until then.
   */
  write(file: string, parts: readonly Uint8Array[]): Promise<void>;
  /**
   * Creates a file that nobody has created: of any number of writers at any time exactly one is told `true`, and the file
   * then holds its bytes for good. The others change nothing.
   */
  createNew(file: string, bytes: Uint8Array): Promise<boolean>;
  /** Names of the files in a folder (`""`: the store's own), sorted; none where there is no such folder. */
  names(folder: string): Promise<string[]>;
  /** Names of the folders in the store's own folder, sorted. */
  folders(): Promise<string[]>;
  /** Size and age of a file; `undefined` where there is none. */
  describe(file: string): Promise<StoredFile | undefined>;
  /** Removes a file; nothing happens where there is none. */
  remove(file: string): Promise<void>;
  /** Removes what writers that were killed left, if it is older than `ageMs`; gives how many files. */
  sweep?(folder: string, ageMs: number): Promise<number>;
  /** Free bytes, where the store knows. */
  freeBytes?(): Promise<number>;
  /** A store of one of its folders. */
  at(folder: string): HarvestStore;
}
