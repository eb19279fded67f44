import { counted } from "../text/format.ts";
import { showAsText } from "../text/inspect.ts";
import {
  rowsMissing,
  shardSize,
  shardSizeChanged,
  shardsUnlisted,
  writerClosed,
  writerReplaced,
} from "../file/errors.ts";
import { dictExpected } from "../tree/argument-errors.ts";
import { requireLive } from "../tree/lifetime.ts";
import { type Hold, holdDirectory } from "./hold.ts";
import { findFile, writableDirectory } from "../io/location.ts";
import type { UrlLike } from "../io/platform.ts";
import type { Directory } from "../io/source.ts";
import { saveTree } from "../file/save.ts";
import { SavedFile } from "../file/saved.ts";
import { type HostTensorDict, nodeToHost } from "../host/host.ts";
import { catRows, requireSameRows, rowsOf, sliceRows } from "./rows.ts";
import { type AnyTensorDict, isTensorDict } from "../tree/node.ts";
import {
  checksumIn,
  findIndex,
  isPassing,
  openShard,
  partFile,
  shardFile,
  type ShardIndex,
  uncounted,
  writeIndex,
} from "./layout.ts";

/** Options of {@link TensorDictWriter.open}. */
export interface TensorDictWriterOptions {
  /** Rows of each file: elements of the first batch dim. */
  readonly rowsPerShard: number;
}

/**
 * Writes rows to a directory, for captures that are longer than memory: `append` adds to what is there, and what it has
 * acknowledged is on disk whatever happens then. Files are safetensors of `rowsPerShard` rows each, `index.json` lists
 * them and is valid after every one; rows that do not fill a shard yet lie in a file per append, so each row is written
 * twice. One writer at a time: a second one is refused while the first lives, in another process too. (In a directory
 * without `lock`, such as one in memory, the later one goes on, and the earlier one refuses to write.)
 *
 * @example no-run
 * await using writer = await TensorDictWriter.open("./activations", { rowsPerShard: 4096 });
 * for (const batch of batches) await writer.append(capture(batch));
 */
export class TensorDictWriter implements AsyncDisposable {
  static {
    showAsText(
      this,
      (writer) =>
        `TensorDictWriter ${writer.#directory.name}: ${counted(writer.rows, "row")}${writer.#closed ? " (closed)" : ""}`,
    );
  }

  readonly #directory: Directory;
  readonly #rowsPerShard: number;
  readonly #shards: number[];
  readonly #checksums: string[];
  readonly #hold: Hold;
  /** Rows after the last shard, one item per part file. */
  #tail: HostTensorDict[] = [];
  /** Rows like which all others must be. */
  #model: HostTensorDict | undefined;
  /** What is being written; appends wait for each other. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(directory: Directory, index: ShardIndex, hold: Hold) {
    this.#directory = directory;
    this.#rowsPerShard = index.rowsPerShard;
    this.#shards = [...index.shards];
    this.#checksums = [...index.checksums];
    this.#hold = hold;
  }

  /**
   * Begins a directory of shards, or goes on with one: all rows that were acknowledged are there, and what an
   * interrupted writer left besides is removed.
   *
   * @param where A path on disk (Node), a `file:` URL, or a directory of one's own.
   * @throws UsageError `SHARD_SIZE`, `SHARD_SIZE_CHANGED`; LifetimeError `WRITER_BUSY`; FormatError `SHARDS_INDEX`,
   * `SHARDS_UNLISTED` where rows lie there that the index does not count, `SHARD_CHANGED`.
   */
  static async open(
    where: string | UrlLike | Directory,
    options: TensorDictWriterOptions,
  ): Promise<TensorDictWriter> {
    const rowsPerShard = (options as TensorDictWriterOptions | undefined)?.rowsPerShard ?? NaN;
    if (!Number.isSafeInteger(rowsPerShard) || rowsPerShard < 1) throw shardSize(rowsPerShard);
    const directory = writableDirectory(where);
    const hold = await holdDirectory(directory);
    try {
      const writer = new TensorDictWriter(directory, await startIndex(directory, rowsPerShard), hold);
      await writer.#recover();
      return writer;
    } catch (error) {
      await hold.release();
      throw error;
    }
  }

  async #recover(): Promise<void> {
    for (;;) {
      const rows = await this.#readRows(partFile(this.#shards.length, this.#tail.length));
      if (rows === undefined) break;
      this.#tail.push(rows);
    }
    const lost = uncounted(await this.#directory.list(), this.#shards.length, this.#tail.length);
    if (lost !== undefined) throw shardsUnlisted(this.#directory.name, lost);
    const last = this.#shards.length - 1;
    this.#model = this.#tail[0] ?? (last < 0 ? undefined : await this.#readShard(last));
    await this.#removeParts(this.#shards.length);
  }

  /** A finished shard without rows: what all others must be like. */
  async #readShard(shard: number): Promise<HostTensorDict> {
    const saved = await openShard(this.#directory, this.#index(), shard);
    try {
      return await saved.rowsToHost(0, 0);
    } finally {
      await saved.close();
    }
  }

  #index(): ShardIndex {
    return { rowsPerShard: this.#rowsPerShard, shards: this.#shards, checksums: this.#checksums };
  }

  async #readRows(file: string): Promise<HostTensorDict | undefined> {
    const source = await findFile(this.#directory, file);
    if (source === undefined) return undefined;
    const saved = await SavedFile.open(source);
    try {
      return await saved.toHost();
    } finally {
      await saved.close();
    }
  }

  /** Removes parts that do not count, or no longer, and files that were never finished. */
  async #removeParts(shard: number): Promise<void> {
    const current = new Set(this.#tail.map((_, part) => partFile(shard, part)));
    for (const file of await this.#directory.list()) {
      if (isPassing(file) && !current.has(file)) await this.#directory.remove(file);
    }
  }

  /** Number of rows that are on disk. */
  get rows(): number {
    return sum(this.#shards) + sum(this.#tail.map(rowsOf));
  }

  /**
   * Adds the rows of a TensorDict, which its first batch dim counts. When the promise resolves, with the number of rows
   * so far, they are on disk and stay there, also if the process is killed. When it rejects, none of them is.
   *
   * **Ownership:** borrows, also when it is changed or disposed before the promise settles.
   *
   * @throws ShapeError `ROWS_MISSING`, `ROWS_DIFFER`; UsageError `SAVE_VALUE`; LifetimeError `WRITER_CLOSED`, `WRITER_REPLACED`.
   */
  async append(rows: AnyTensorDict): Promise<number> {
    if (this.#closed) throw writerClosed(this.#directory.name);
    if (this.#hold.isLost()) throw writerReplaced(this.#directory.name);
    if (!isTensorDict(rows)) throw dictExpected("append", rows);
    const host = nodeToHost(requireLive(rows.dictNode, "append"));
    host.catch(() => undefined); // reported when its turn has come
    return this.#inTurn(async () => this.#append(await host));
  }

  async #append(host: HostTensorDict): Promise<number> {
    if (this.#hold.isLost()) throw writerReplaced(this.#directory.name);
    if (host.batchSize.length === 0) throw rowsMissing();
    if (this.#model !== undefined) requireSameRows(this.#model, host);
    if (sum(this.#tail.map(rowsOf)) >= this.#rowsPerShard) await this.#roll(this.#rowsPerShard);
    if (rowsOf(host) === 0) return this.rows;
    await this.#save(partFile(this.#shards.length, this.#tail.length), host);
    this.#tail.push(host);
    this.#model ??= host;
    return this.rows;
  }

  /** Turns the tail into shards as long as it has `least` rows; what is left is a part of the next shard. */
  async #roll(least: number): Promise<void> {
    let left = catRows(this.#tail);
    const shards = [...this.#shards];
    const checksums = [...this.#checksums];
    while (rowsOf(left) > 0 && rowsOf(left) >= least) {
      const count = Math.min(this.#rowsPerShard, rowsOf(left));
      await this.#save(shardFile(shards.length), sliceRows(left, 0, count));
      checksums.push(await checksumIn(this.#directory, shardFile(shards.length)));
      shards.push(count);
      left = sliceRows(left, count, rowsOf(left));
    }
    const tail = rowsOf(left) === 0 ? [] : [left];
    for (const [part, rows] of tail.entries()) await this.#save(partFile(shards.length, part), rows);
    // The old parts count until here, the shards and the new part from here on.
    await writeIndex(this.#directory, { rowsPerShard: this.#rowsPerShard, shards, checksums });
    this.#shards.splice(0, Infinity, ...shards);
    this.#checksums.splice(0, Infinity, ...checksums);
    this.#tail = tail;
    await this.#removeParts(shards.length);
  }

  async #save(file: string, rows: HostTensorDict): Promise<void> {
    const sink = await this.#directory.create(file);
    try {
      await saveTree(rows, sink);
    } catch (error) {
      await sink.abort();
      throw error;
    }
  }

  async #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Puts the rows that fill no shard into a last, smaller one, and ends the writer. Twice is nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#inTurn(async () => {
      try {
        if (this.#tail.length > 0 && !this.#hold.isLost()) await this.#roll(1);
      } finally {
        await this.#hold.release();
      }
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The index of a directory, or a new one. */
async function startIndex(directory: Directory, rowsPerShard: number): Promise<ShardIndex> {
  const index = await findIndex(directory);
  if (index === undefined) {
    const rows = uncounted(await directory.list(), 0, 0);
    if (rows !== undefined) throw shardsUnlisted(directory.name, rows);
    const none = { rowsPerShard, shards: [], checksums: [] };
    await writeIndex(directory, none);
    return none;
  }
  if (index.rowsPerShard === rowsPerShard) return index;
  throw shardSizeChanged(directory.name, index.rowsPerShard, rowsPerShard);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, count) => total + count, 0);
}
