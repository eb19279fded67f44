import { shardSize } from "./file/errors.ts";
import { type DirectoryLocation, openDirectory, openFile } from "./io/location.ts";
import type { SourceDirectory } from "./io/source.ts";
import { SavedFile } from "./file/saved.ts";
import { type HostTensorDict, hostToNode } from "./host/host.ts";
import { catRows } from "./shards/rows.ts";
import { TensorDict } from "./tensordict.ts";
import { partFile, readIndex, shardFile } from "./shards/layout.ts";

/** One file and how many rows it has. */
interface Shard {
  readonly file: string;
  readonly rows: number;
}

/**
 * Reads what a `TensorDictWriter` has written, also what an interrupted one has: everything that was acknowledged when
 * the reader was opened.
 *
 * @example no-run
 * const reader = await TensorDictReader.open("./activations");
 * for await (const batch of reader.batches(256)) batch.run(use);
 */
export class TensorDictReader {
  readonly #directory: SourceDirectory;
  readonly #shards: readonly Shard[];

  private constructor(directory: SourceDirectory, shards: readonly Shard[]) {
    this.#directory = directory;
    this.#shards = shards;
  }

  /**
   * Reads the index and looks for rows after the last shard.
   *
   * @throws FormatError `FILE_NOT_FOUND`, `SHARDS_INDEX`, and whatever `TensorDict.open` throws.
   */
  static async open(where: DirectoryLocation): Promise<TensorDictReader> {
    const directory = openDirectory(where);
    const { shards } = await readIndex(directory);
    const files = shards.map((rows, shard): Shard => ({ file: shardFile(shard), rows }));
    for (let part = 0; ; part++) {
      const file = partFile(shards.length, part);
      const source = await directory.find(file);
      if (source === undefined) break;
      const saved = await SavedFile.open(source);
      files.push({ file, rows: saved.batchSize[0] ?? 0 });
      await saved.close();
    }
    return new TensorDictReader(directory, files);
  }

  /** Number of rows. */
  get rows(): number {
    return this.#shards.reduce((total, { rows }) => total + rows, 0);
  }

  /**
   * All rows in the order in which they were appended, `size` at a time, the last time maybe fewer. One batch and one
   * file are open at a time.
   *
   * **Ownership:** each batch is owned by the receiver.
   *
   * @throws UsageError `SHARD_SIZE` for a size that is no whole number above 0.
   */
  async *batches(size: number): AsyncGenerator<TensorDict, void> {
    if (!Number.isSafeInteger(size) || size < 1) throw shardSize(size);
    let waiting: HostTensorDict[] = [];
    let missing = size;
    for (const shard of this.#shards) {
      const saved = await this.#openShard(shard);
      try {
        for (let at = 0; at < shard.rows;) {
          const count = Math.min(missing, shard.rows - at);
          waiting.push(await saved.rowsToHost(at, count));
          at += count;
          missing -= count;
          if (missing > 0) continue;
          yield wrap(hostToNode(catRows(waiting), true));
          waiting = [];
          missing = size;
        }
      } finally {
        await saved.close();
      }
    }
    if (waiting.length > 0) yield wrap(hostToNode(catRows(waiting), true));
  }

  async #openShard({ file }: Shard): Promise<SavedFile> {
    return SavedFile.open(await openFile(this.#directory, file));
  }
}

function wrap(node: ReturnType<typeof hostToNode>): TensorDict {
  return new TensorDict(node as never); // a node is content, as within TensorDict itself
}
