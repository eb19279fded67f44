import { checkDirectory } from "../check.ts";
import {
  checkpointIndex,
  checkpointMissing,
  checkpointShardExtra,
  checkpointShardLacks,
} from "./checkpoint-errors.ts";
import { fileTooLarge, jsonInvalid } from "../errors.ts";
import { refuseForeign, TELLING_BYTES } from "../foreign.ts";
import { type ParseJsonOptions, parseJson } from "../json.ts";
import { type DirectoryLocation, findFile, openDirectory, openFile } from "../location.ts";
import { decodeUtf8 } from "../platform.ts";
import type { ByteSource, SourceDirectory } from "../source.ts";
import type { TensorEntry } from "./entry.ts";
import { type TensorStore, tensorStore } from "./file.ts";
import { readHeader } from "./header.ts";

/** File of a checkpoint that is not sharded. */
const SINGLE = "model.safetensors";
/** List of the shards of a checkpoint that is. */
const INDEX = "model.safetensors.index.json";
/** Longest JSON file that is read whole. */
const MAX_JSON_BYTES = 100_000_000;

/**
 * Opens the weights of a Hugging Face directory: `model.safetensors`, or the shards that `model.safetensors.index.json`
 * lists. Every header is checked, and the index against the shards; no tensor is read yet.
 *
 * @throws FormatError `CHECKPOINT_*`, and whatever `readHeader` throws; every file is closed then.
 *
 * @example
 * await using checkpoint = await openCheckpoint("./gpt2");
 * const wte = await checkpoint.tensor("wte.weight");
 */
export async function openCheckpoint(location: DirectoryLocation): Promise<TensorStore> {
  const directory = openDirectory(location);
  const opened: ByteSource[] = [];
  try {
    return await open(directory, opened);
  } catch (error) {
    for (const source of opened) await source.close();
    throw error;
  }
}

/**
 * Reads a JSON file of a directory whole and parses it strictly (see `parseJson`).
 *
 * @throws FormatError `FILE_NOT_FOUND`, `FILE_TOO_LARGE`, `JSON_*`.
 */
export async function readJson(
  directory: SourceDirectory,
  file: string,
  options: ParseJsonOptions = {},
): Promise<unknown> {
  checkDirectory("readJson", directory, file);
  return readJsonSource(await openFile(directory, file), options);
}

/** Like {@link readJson}; `undefined` where there is no such file. */
export async function findJson(
  directory: SourceDirectory,
  file: string,
  options: ParseJsonOptions = {},
): Promise<unknown> {
  checkDirectory("findJson", directory, file);
  const source = await findFile(directory, file);
  return source && readJsonSource(source, options);
}

async function readJsonSource(source: ByteSource, options: ParseJsonOptions): Promise<unknown> {
  try {
    if (source.size > MAX_JSON_BYTES) throw fileTooLarge(source.name, source.size, MAX_JSON_BYTES);
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    refuseForeign(source.name, bytes.subarray(0, TELLING_BYTES));
    return parseJson(decodeJson(bytes, source.name), source.name, options);
  } finally {
    await source.close();
  }
}

function decodeJson(bytes: Uint8Array, file: string): string {
  try {
    return decodeUtf8(bytes);
  } catch (cause) {
    throw jsonInvalid(file, cause);
  }
}

async function open(directory: SourceDirectory, opened: ByteSource[]): Promise<TensorStore> {
  const single = await findFile(directory, SINGLE);
  if (single !== undefined) {
    opened.push(single);
    const { entries, metadata } = await readHeader(single);
    return tensorStore(single.name, [[single, entries]], metadata);
  }
  const index = await findJson(directory, INDEX);
  if (index === undefined) throw checkpointMissing(directory.name, SINGLE, INDEX);
  return openShards(directory, parseIndex(index, `${directory.name}/${INDEX}`), opened);
}

async function openShards(
  directory: SourceDirectory,
  weightMap: ReadonlyMap<string, string>,
  opened: ByteSource[],
): Promise<TensorStore> {
  const files: [ByteSource, ReadonlyMap<string, TensorEntry>][] = [];
  for (const shard of [...new Set(weightMap.values())].sort()) {
    const source = await openFile(directory, shard);
    opened.push(source);
    const { entries } = await readHeader(source);
    checkShard(source.name, shard, entries, weightMap);
    files.push([source, entries]);
  }
  return tensorStore(`${directory.name}/${INDEX}`, files, new Map());
}

function checkShard(
  file: string,
  shard: string,
  entries: ReadonlyMap<string, TensorEntry>,
  weightMap: ReadonlyMap<string, string>,
): void {
  for (const [name, where] of weightMap) {
    if (where === shard && !entries.has(name)) throw checkpointShardLacks(file, name, INDEX);
  }
  for (const name of entries.keys()) {
    if (weightMap.get(name) !== shard) throw checkpointShardExtra(file, name, INDEX, weightMap.get(name));
  }
}

function parseIndex(index: unknown, file: string): ReadonlyMap<string, string> {
  const map = isRecord(index) ? index["weight_map"] : undefined;
  if (!isRecord(map)) throw checkpointIndex(file, 'has no "weight_map" object');
  return new Map(Object.entries(map).map(([name, shard]) => [name, parseShardName(name, shard, file)]));
}

/** A shard is a file beside the index, never a path that leads elsewhere. */
function parseShardName(name: string, shard: unknown, file: string): string {
  if (typeof shard === "string" && /^[\w][\w.-]*\.safetensors$/.test(shard)) return shard;
  throw checkpointIndex(
    file,
    `puts tensor "${name}" in ${JSON.stringify(shard)}, which is not a safetensors file beside it`,
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
