import { shardChanged, shardsIndex } from "../file/errors.ts";
import { SavedFile } from "../file/saved.ts";
import { jsonInvalid } from "../io/errors.ts";
import { parseJson } from "../io/json.ts";
import { findFile, openFile } from "../io/location.ts";
import { decodeUtf8, encodeUtf8 } from "../io/platform.ts";
import { checksumOf } from "./checksum.ts";
import type { Directory, SourceDirectory } from "../io/source.ts";

// A directory of shards: `index.json` lists the finished shards, and the rows after the last of them lie in parts, one
// file per append, until they fill the next shard. A file counts only if the index says so: shards that it lists, and
// parts of the shard that comes next.

/** Name of the list of shards. */
export const INDEX = "index.json";

const FORMAT = "hookdict.shards";

/** What the index says. */
export interface ShardIndex {
  readonly rowsPerShard: number;
  /** Rows of each finished shard. */
  readonly shards: readonly number[];
  /** `checksumOf` each finished shard. */
  readonly checksums: readonly string[];
}

/** File of a finished shard. */
export function shardFile(shard: number): string {
  return `shard-${String(shard).padStart(5, "0")}.safetensors`;
}

/** File of an append whose rows will lie in a shard. */
export function partFile(shard: number, part: number): string {
  return `part-${String(shard).padStart(5, "0")}-${String(part).padStart(5, "0")}.safetensors`;
}

/**
 * A file with rows that a writer has acknowledged and the index does not count: the index is older than the file, or is
 * missing, or a part before it is. (A writer that was killed may leave shards that are not listed, but beside them all
 * parts of which they are made.)
 *
 * @param shards How many the index lists.
 * @param parts How many there are of the next shard, one after the other.
 */
export function uncounted(files: readonly string[], shards: number, parts: number): string | undefined {
  return files.find((file) => {
    const found = /^(?:shard-(\d{5,})|part-(\d{5,})-(\d{5,}))\.safetensors$/.exec(file);
    if (found === null) return false;
    const [, whole, shard, part] = found;
    if (parts === 0) return Number(whole ?? shard) >= shards;
    return Number(shard) === shards && Number(part) >= parts;
  });
}

/** Whether a file is a part of one shard or another, or the beginning of a file that a killed writer left. */
export function isPassing(file: string): boolean {
  return /^(part-\d{5,}-\d{5,}\.safetensors|\.(part|shard|index)[-.].*\.tmp)$/.test(file);
}

/** The index of a directory, or `undefined` where there is none. @throws FormatError `SHARDS_INDEX`. */
export async function findIndex(directory: SourceDirectory): Promise<ShardIndex | undefined> {
  const source = await findFile(directory, INDEX);
  if (source === undefined) return undefined;
  await source.close();
  return readIndex(directory);
}

/** The index of a directory. @throws FormatError `FILE_NOT_FOUND`, `SHARDS_INDEX`, `JSON_*`. */
export async function readIndex(directory: SourceDirectory): Promise<ShardIndex> {
  const source = await openFile(directory, INDEX);
  try {
    if (source.size > MAX_INDEX_BYTES) throw shardsIndex(source.name, `it has ${source.size} bytes`);
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    return checkIndex(parseJson(decodeIndex(bytes, source.name), source.name), source.name);
  } finally {
    await source.close();
  }
}

/** Longest index that is read. */
const MAX_INDEX_BYTES = 100_000_000;

function decodeIndex(bytes: Uint8Array, file: string): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw jsonInvalid(file, cause);
  }
}

function checkIndex(value: unknown, file: string): ShardIndex {
  const isRecord = typeof value === "object" && value !== null;
  const { format, version, rowsPerShard, shards, checksums } = (isRecord ? value : {}) as Partial<
    Record<string, unknown>
  >;
  if (format !== FORMAT) throw shardsIndex(file, `its format is not "${FORMAT}"`);
  if (version !== 1) throw shardsIndex(file, `its version is ${JSON.stringify(version)}, not 1`);
  if (!isCount(rowsPerShard) || !Array.isArray(shards) || !shards.every(isCount)) {
    throw shardsIndex(file, "its sizes are no whole numbers above 0");
  }
  const isChecked = Array.isArray(checksums) && checksums.every((sum) => typeof sum === "string");
  if (!isChecked || checksums.length !== shards.length) {
    throw shardsIndex(file, `it has no checksum for each of ${shards.length} shards`);
  }
  return { rowsPerShard, shards, checksums };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Replaces the index; from then on it counts. */
export async function writeIndex(directory: Directory, index: ShardIndex): Promise<void> {
  const sink = await directory.create(INDEX);
  try {
    await sink.write(encodeUtf8(JSON.stringify({ format: FORMAT, version: 1, ...index })));
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

/**
 * Opens a finished shard once all of it has been looked at. The caller closes it.
 *
 * @throws FormatError `FILE_NOT_FOUND`, `SHARD_CHANGED`, and what `SavedFile.open` throws.
 */
export async function openShard(
  directory: SourceDirectory,
  { shards, checksums }: ShardIndex,
  shard: number,
): Promise<SavedFile> {
  const source = await openFile(directory, shardFile(shard));
  const { name } = source;
  try {
    const checksum = await checksumOf(source);
    if (checksum !== checksums[shard]) {
      throw shardChanged(name, `its checksum is ${checksum}, not ${checksums[shard]}`);
    }
  } catch (error) {
    await source.close();
    throw error;
  }
  return requireRows(await SavedFile.open(source), shards[shard] ?? 0);
}

async function requireRows(saved: SavedFile, rows: number): Promise<SavedFile> {
  const [got = 0] = saved.batchSize;
  if (got === rows) return saved;
  await saved.close();
  throw shardChanged(saved.name, `it has ${got} rows, not ${rows}`);
}

/** The checksum of a file of a directory. */
export async function checksumIn(directory: SourceDirectory, file: string): Promise<string> {
  const source = await openFile(directory, file);
  try {
    return await checksumOf(source);
  } finally {
    await source.close();
  }
}
