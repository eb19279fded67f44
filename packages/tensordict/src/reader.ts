import { counted } from "./text/format.ts";
import { showAsText } from "./text/inspect.ts";
import { shardSize, shardsUnlisted } from "./file/errors.ts";
import { type DirectoryLocation, findFile, openDirectory, openFile } from "./io/location.ts";
import { SavedFile } from "./file/saved.ts";
import { type HostTensorDict, hostToNode } from "./host/host.ts";
import { catRows, requireAlikeRows } from "./shards/rows.ts";
import { TensorDict } from "./tensordict.ts";
import type { SourceDirectory } from "./io/source.ts";
import { openShard, partFile, readIndex, shardFile, type ShardIndex } from "./shards/layout.ts";

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
  static {
    showAsText(
      this,
      (reader) =>
        `TensorDictReader: ${counted(reader.rows, "row")} in ${counted(reader.#shards.length, "file")}`,
    );
  }

  readonly #shards: readonly Shard[];

  private constructor(shards: readonly Shard[]) {
    this.#shards = shards;
  }

  /**
   * Reads the index and looks for rows after the last shard.
   *
   * @throws FormatError `FILE_NOT_FOUND`, `SHARDS_INDEX`, `SHARDS_UNLISTED` where rows lie there that the index does not
   * count, and whatever `TensorDict.open` throws.
   */
  static async open(where: DirectoryLocation): Promise<TensorDictReader> {
    const directory = openDirectory(where);
    let index = await readIndex(directory);
    for (;;) {
      const parts = await partsAfter(directory, index.shards.length);
      const lost = await uncountedFile(directory, index.shards.length, parts.length);
      if (lost === undefined) return new TensorDictReader([...shardsIn(directory, index), ...parts]);
      // A writer that is at work may have made shards of the parts meanwhile.
      const newer = await readIndex(directory);
      if (newer.shards.length <= index.shards.length) throw shardsUnlisted(directory.name, lost);
      index = newer;
    }
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

function shardsIn(directory: SourceDirectory, index: ShardIndex): Shard[] {
  return index.shards.map((rows, shard) => ({ rows, open: () => openShard(directory, index, shard) }));
}

/** What was appended after so many shards. */
async function partsAfter(directory: SourceDirectory, shards: number): Promise<Shard[]> {
  const parts: Shard[] = [];
  for (;;) {
    const file = partFile(shards, parts.length);
    const source = await findFile(directory, file);
    if (source === undefined) return parts;
    const saved = await SavedFile.open(source);
    const open = async (): Promise<SavedFile> => SavedFile.open(await openFile(directory, file));
    parts.push({ rows: saved.batchSize[0] ?? 0, open });
    await saved.close();
  }
}

/** `uncounted` where files cannot be listed: those that would be next. */
async function uncountedFile(
  directory: SourceDirectory,
  shards: number,
  parts: number,
): Promise<string | undefined> {
  const next =
    parts === 0
      ? [shardFile(shards), partFile(shards, 1), partFile(shards + 1, 0)]
      : [partFile(shards, parts + 1)];
  for (const file of next) {
    const source = await findFile(directory, file);
    await source?.close();
    if (source !== undefined) return file;
  }
  return undefined;
}

function wrap(node: ReturnType<typeof hostToNode>): TensorDict {
  return new TensorDict(node as never); // a node is content, as within TensorDict itself
}
