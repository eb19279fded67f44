import { parseJson } from "../io/json.ts";
import { DTYPES } from "../io/safetensors/dtypes.ts";
import type { TensorStore } from "../io/safetensors/file.ts";
import { MAX_DEPTH } from "../tree/keys.ts";
import { isSizes, recordAt } from "./checks.ts";
import { savedTree, savedVersion } from "./errors.ts";
import { fitting, type SavedLeaf, type SavedNode } from "./saved-tree.ts";

// What Python's tensordict writes beside its tensors: `to_safetensors` and `from_safetensors` of version 0.15.

/** Name of the metadata that holds its tree. */
export const PYTHON_TREE = "tensordict";

/** One level of its tree: batch size, names of dims, and what lies under each key. */
export interface PythonLevel {
  readonly batch_size: readonly number[];
  readonly names: null;
  readonly keys: Readonly<Record<string, PythonEntry>>;
}

/** `unbatched` marks a tensor that the batch size says nothing about. */
export type PythonEntry =
  | { readonly tensor: string; readonly unbatched?: true }
  | { readonly td: PythonLevel }
  | { readonly non_tensor: unknown };

/** Levels of JSON per level of a tree, and of the deepest value. */
const MAX_JSON_DEPTH = 8 * MAX_DEPTH;

interface Reading {
  readonly store: TensorStore;
  readonly unread: Set<string>;
}

/** The tree of a file that Python has written, or `undefined`. @throws FormatError `SAVED_TREE`, `SAVED_VERSION`. */
export function readPythonTree(store: TensorStore): SavedNode | undefined {
  const text = store.metadata.get(PYTHON_TREE);
  if (text === undefined) return undefined;
  const document = parseJson(text, store.name, { maxDepth: MAX_JSON_DEPTH, anyKeys: true });
  const { version, root } = recordAt(document, store.name, []);
  if (version !== 1) throw savedVersion(store.name, version);
  const reading = { store, unread: new Set(store.entries.keys()) };
  const node = readLevel(root, reading, []);
  const [extra] = reading.unread;
  if (extra !== undefined) throw savedTree(store.name, [], `no key has the tensor "${extra}"`);
  return node;
}

function readLevel(value: unknown, reading: Reading, path: readonly string[]): SavedNode {
  const file = reading.store.name;
  if (path.length > MAX_DEPTH)
    throw savedTree(file, path.slice(0, 4), `it is nested deeper than ${MAX_DEPTH}`);
  const { batch_size: batchSize, keys } = recordAt(value, file, path);
  if (!isSizes(batchSize)) throw savedTree(file, path, "the batch size is no list of sizes");
  const leaves = new Map<string, SavedLeaf>();
  for (const [name, entry] of Object.entries(recordAt(keys, file, path))) {
    const at = [...path, name];
    leaves.set(name, fitting(readEntry(recordAt(entry, file, at), reading, at), batchSize, file, at));
  }
  return { kind: "dict", batchSize: Object.freeze(batchSize), leaves };
}

function readEntry(
  entry: Readonly<Record<string, unknown>>,
  reading: Reading,
  path: readonly string[],
): SavedLeaf {
  const { store, unread } = reading;
  if (Object.hasOwn(entry, "td")) return readLevel(entry["td"], reading, path);
  if (Object.hasOwn(entry, "non_tensor"))
    return { kind: "values", shape: null, items: [entry["non_tensor"]] };
  const name = entry["tensor"];
  const tensor = typeof name === "string" ? store.entries.get(name) : undefined;
  if (tensor === undefined) throw savedTree(store.name, path, `there is no tensor ${JSON.stringify(name)}`);
  unread.delete(tensor.name);
  return { kind: "numbers", dtype: DTYPES[tensor.dtype].host, shape: tensor.shape, name: tensor.name };
}
