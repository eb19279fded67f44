import { shardSize } from "./file/errors.ts";
import { type DirectoryLocation, findFile, openDirectory, openFile } from "./io/location.ts";
import { SavedFile } from "./file/saved.ts";
import { type HostTensorDict, hostToNode } from "./host/host.ts";
import { catRows, requireAlikeRows } from "./shards/rows.ts";
import { TensorDict } from "./tensordict.ts";
import { openShard, partFile, readIndex } from "./shards/layout.ts";

/** One file: how many rows it has, and how it is opened. */
interface Shard {
  readonly rows: number;
  readonly open: () => Promise<SavedFile>;
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
  readonly #shards: readonly Shard[];

  private constructor(shards: readonly Shard[]) {
    this.#shards = shards;
  }

  /**
   * Reads the index and looks for rows after the last shard.
   *
   * @throws FormatError `FILE_NOT_FOUND`, `SHARDS_INDEX`, and whatever `TensorDict.open` throws.
   */
  static async open(where: DirectoryLocation): Promise<TensorDictReader> {
    const directory = openDirectory(where);
    const index = await readIndex(directory);
    const { shards } = index;
    const files = shards.map((rows, shard): Shard => ({
      rows,
      open: () => openShard(directory, index, shard),
    }));
    for (let part = 0; ; part++) {
      const file = partFile(shards.length, part);
      const source = await findFile(directory, file);
      if (source === undefined) break;
      const saved = await SavedFile.open(source);
      files.push({
        rows: saved.batchSize[0] ?? 0,
        open: async () => SavedFile.open(await openFile(directory, file)),
      });
      await saved.close();
    }
    return new TensorDictReader(files);
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
   * @throws UsageError `SHARD_SIZE` for a size that is no whole number above 0; FormatError `SHARD_CHANGED` for a shard
   * that is not the one that was written, looked at whole before its first row is given.
   */
  async *batches(size: number): AsyncGenerator<TensorDict, void> {
    if (!Number.isSafeInteger(size) || size < 1) throw shardSize(size);
    let waiting: HostTensorDict[] = [];
    let missing = size;
    let model: HostTensorDict | undefined;
    for (const shard of this.#shards) {
      const saved = await shard.open();
      try {
        for (let at = 0; at < shard.rows;) {
          const count = Math.min(missing, shard.rows - at);
          const rows = await saved.rowsToHost(at, count);
          model ??= rows;
          requireAlikeRows(saved.name, model, rows);
          waiting.push(rows);
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
}

function wrap(node: ReturnType<typeof hostToNode>): TensorDict {
  return new TensorDict(node as never); // a node is content, as within TensorDict itself
}
