import type { Tensor } from "@tensorflow/tfjs-core";
import { tensorNotInFile } from "./errors.ts";
import { type SourceLocation, openSource } from "../location.ts";
import type { ByteSource } from "../source.ts";
import type { HostArray } from "./decode.ts";
import { type TensorEntry, entryRows } from "./entry.ts";
import { joinedSource } from "./joined.ts";
import { readHeader } from "./header.ts";
import { type HostTensor, readTensor, readTensorInto, toTensor } from "./read.ts";

/** Tensors by name in one or several open files: headers checked, data read one tensor at a time when asked for. */
export interface TensorStore extends AsyncDisposable {
  /** Name for messages. */
  readonly name: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** The files' own notes. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Reads a tensor into memory. **Ownership:** *returns owned*. */
  read(name: string): Promise<HostTensor>;
  /** Reads a tensor into an array that is there already. **Ownership:** *borrows* `target`. */
  readInto(name: string, target: HostArray): Promise<void>;
  /** Reads `count` rows from `start` on (what the first axis counts), and nothing else of the tensor. **Ownership:** *returns owned*. */
  readRows(name: string, start: number, count: number): Promise<HostTensor>;
  /** Reads a tensor onto the current backend. **Ownership:** *returns owned*. */
  tensor(name: string): Promise<Tensor>;
  /** Closes the files; so does leaving an `await using` block. */
  close(): Promise<void>;
}

/**
 * Opens one safetensors file and checks its header.
 *
 * @throws FormatError `FILE_NOT_FOUND`, and whatever `readHeader` throws; the file is closed then.
 *
 * @example
 * await using file = await openSafetensors("ioi-tiny/model.safetensors");
 * file.entries.size; // => 52
 * const { shape } = await file.readRows("transformer.wte.weight", 0, 2);
 * shape; // => [2, 128]
 */
export async function openSafetensors(location: SourceLocation): Promise<TensorStore> {
  const source = await openSource(location);
  try {
    const { entries, metadata } = await readHeader(source);
    return tensorStore(source.name, [[source, entries]], metadata);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A store over sources whose headers are read. **Ownership:** *takes* the sources. */
export function tensorStore(
  name: string,
  files: readonly (readonly [ByteSource, ReadonlyMap<string, TensorEntry>])[],
  metadata: ReadonlyMap<string, string>,
): TensorStore {
  const entries = new Map<string, TensorEntry>();
  const sources = new Map<TensorEntry, ByteSource>();
  const whole = new Map<TensorEntry, ByteSource>();
  for (const [source, held] of files) {
    const joined = source.isRemote === true ? joinedSource(source, held.values()) : source;
    for (const entry of held.values()) {
      entries.set(entry.name, entry);
      sources.set(entry, source);
      whole.set(entry, joined);
    }
  }
  const find = (tensor: string, from = whole): [ByteSource, TensorEntry] => {
    const entry = entries.get(tensor);
    const source = entry && from.get(entry);
    if (!entry || !source) throw tensorNotInFile(name, tensor, [...entries.keys()]);
    return [source, entry];
  };
  const close = async (): Promise<void> => {
    for (const [source] of files) await source.close();
  };
  return {
    name,
    entries,
    metadata,
    read: async (tensor) => readTensor(...find(tensor)),
    readInto: async (tensor, target) => readTensorInto(...find(tensor), target),
    readRows: async (tensor, start, count) => {
      const [source, entry] = find(tensor, sources); // a part: not with its neighbours
      return readTensor(source, entryRows(entry, start, count));
    },
    tensor: async (tensor) => toTensor(await readTensor(...find(tensor))),
    close,
    [Symbol.asyncDispose]: close,
  };
}
