import { savedTree, savedVersion } from "./errors.ts";
import { parseJson } from "../io/json.ts";
import { DTYPES, type HostDtype } from "../io/safetensors/dtypes.ts";
import type { TensorEntry } from "../io/safetensors/entry.ts";
import type { TensorStore } from "../io/safetensors/file.ts";
import { MAX_DEPTH } from "../tree/keys.ts";
import { elementCount } from "../shape/sizes.ts";
import { fileName, lengthsName } from "./names.ts";
import { isSizes, recordAt } from "./checks.ts";
import { readPythonTree } from "./python.ts";
import { TREE } from "./save.ts";
import { fitting, type SavedLeaf, type SavedNode, type SavedNumbers } from "./saved-tree.ts";
import { decodeValue } from "./values.ts";

/** Levels of JSON per level of a tree, and of the deepest value. */
const MAX_JSON_DEPTH = 8 * MAX_DEPTH;

/** Every file dtype that a tensor of ours has, by the dtype that the tree tells. */
const WRITTEN: ReadonlyMap<unknown, string> = new Map([
  ["float32", "F32"],
  ["int32", "I32"],
  ["bool", "BOOL"],
  ["complex64", "C64"],
]);

/**
 * The tree of a file, checked against its header: every key has its tensor, of the right dtype and with a shape that
 * begins with its batch size, and no tensor is without a key. A file of Python's tensordict is
 * its tree, one that others wrote is one level of its tensors.
 *
 * @throws FormatError `SAVED_TREE`, `SAVED_VERSION`, `JSON_*`.
 */
export function readTree(store: TensorStore): SavedNode {
  const text = store.metadata.get(TREE);
  if (text === undefined) return readPythonTree(store) ?? foreignTree(store);
  const root = parseJson(text, store.name, { maxDepth: MAX_JSON_DEPTH });
  const { version, tree } = recordAt(root, store.name, []);
  if (version !== 1) throw savedVersion(store.name, version);
  const unread = new Set(store.entries.keys());
  const node = readNode(tree, { store, unread }, []);
  const [extra] = unread;
  if (extra !== undefined) throw savedTree(store.name, [], `no key has the tensor "${extra}"`);
  return node;
}

function foreignTree({ entries }: TensorStore): SavedNode {
  const leaves = [...entries].map(([name, { dtype, shape }]): [string, SavedNumbers] => [
    name,
    { kind: "numbers", dtype: DTYPES[dtype].host, shape, name },
  ]);
  return { kind: "dict", batchSize: [], leaves: new Map(leaves) };
}

interface Reading {
  readonly store: TensorStore;
  /** Tensors that no key has had so far. */
  readonly unread: Set<string>;
}

function readNode(value: unknown, reading: Reading, path: readonly string[]): SavedNode {
  const file = reading.store.name;
  if (path.length > MAX_DEPTH)
    throw savedTree(file, path.slice(0, 4), `it is nested deeper than ${MAX_DEPTH}`);
  const { batchSize, leaves } = recordAt(value, file, path);
  if (!isSizes(batchSize)) throw savedTree(file, path, "the batch size is no list of sizes");
  if (!Array.isArray(leaves)) throw savedTree(file, path, "the leaves are no list");
  const found = new Map<string, SavedLeaf>();
  for (const entry of leaves as readonly unknown[]) {
    const [name, leaf] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
    if (typeof name !== "string") throw savedTree(file, path, "a leaf has no name");
    const at = [...path, name];
    if (found.has(name)) throw savedTree(file, at, "the key is there twice");
    found.set(name, fitting(readLeaf(leaf, reading, at), batchSize, file, at));
  }
  return { kind: "dict", batchSize: Object.freeze(batchSize), leaves: found };
}

function readLeaf(value: unknown, reading: Reading, path: readonly string[]): SavedLeaf {
  const file = reading.store.name;
  const leaf = recordAt(value, file, path);
  if ("dict" in leaf) return readNode(leaf["dict"], reading, path);
  if ("tensor" in leaf) return readTensorLeaf(leaf["tensor"], reading, path);
  if ("value" in leaf)
    return { kind: "values", shape: null, items: [decodeValue(leaf["value"], path, file)] };
  const { values, shape } = leaf;
  if (!Array.isArray(values) || !isSizes(shape) || elementCount(shape) !== values.length) {
    throw savedTree(file, path, "it is no tensor, no dict and no value");
  }
  return { kind: "values", shape, items: values.map((item) => decodeValue(item, path, file)) };
}

function readTensorLeaf(dtype: unknown, reading: Reading, path: readonly string[]): SavedLeaf {
  const name = fileName(path);
  if (dtype === "string") {
    const bytes = entryOf(reading, name, "U8", path);
    const lengths = entryOf(reading, lengthsName(path), "I32", path);
    if (bytes.shape.length !== 1) throw savedTree(reading.store.name, path, "its bytes are no list");
    return { kind: "strings", shape: lengths.shape, bytes: bytes.name, lengths: lengths.name };
  }
  const written = WRITTEN.get(dtype);
  if (written === undefined) {
    throw savedTree(reading.store.name, path, `there is no dtype ${JSON.stringify(dtype)}`);
  }
  const { shape } = entryOf(reading, name, written, path);
  return { kind: "numbers", dtype: dtype as HostDtype, shape, name }; // one of the table's
}

function entryOf(reading: Reading, name: string, dtype: string, path: readonly string[]): TensorEntry {
  const { store, unread } = reading;
  const entry = store.entries.get(name);
  if (entry === undefined) throw savedTree(store.name, path, `there is no tensor "${name}"`);
  if (entry.dtype !== dtype) {
    throw savedTree(store.name, path, `the tensor "${name}" is ${entry.dtype}, not ${dtype}`);
  }
  unread.delete(name);
  return entry;
}
