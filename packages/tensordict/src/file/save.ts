import type { Tensor } from "@tensorflow/tfjs-core";
import { joinBytes } from "../io/bytes.ts";
import type { UrlLike } from "../io/platform.ts";
import type { HostArray } from "../io/safetensors/decode.ts";
import type { HostDtype, SafetensorsDtype } from "../io/safetensors/dtypes.ts";
import { type SafetensorsItem, writeSafetensors } from "../io/safetensors/write.ts";
import type { ByteSink } from "../io/source.ts";
import {
  type HostNumbers,
  type HostStrings,
  type HostTensorDict,
  type HostValues,
  readNumbers,
} from "../host/host.ts";
import { type DictNode, isNode, isTensorLeaf } from "../tree/node.ts";
import { cloneNode, freeNode } from "../tree/lifetime.ts";
import { nest } from "../values/non-tensor.ts";
import { saveKey, saveValue } from "./errors.ts";
import { fileName, lengthsName } from "./names.ts";
import { PYTHON_TREE, type PythonEntry, type PythonLevel } from "./python.ts";
import { encodeValue } from "./values.ts";

/** Name of the metadata that holds the tree. */
export const TREE = "hookdict.tensordict";

/** What is written: like a host copy, except that numbers may be read when their turn has come. */
interface Source {
  readonly batchSize: readonly number[];
  readonly leaves: ReadonlyMap<string, SourceLeaf>;
}

type SourceLeaf = LazyNumbers | HostNumbers | HostStrings | HostValues | (Source & { readonly kind: "dict" });

interface LazyNumbers extends Omit<HostNumbers, "data"> {
  readonly data: () => Promise<HostArray>;
}

const FILE_DTYPES: Readonly<Record<HostDtype, SafetensorsDtype>> = {
  float32: "F32",
  int32: "I32",
  bool: "BOOL",
  complex64: "C64",
};

/** Writes a tree to a file, reading one tensor at a time. **Ownership:** borrows, also if it changes meanwhile. */
export async function saveNode(root: DictNode, to: string | UrlLike | ByteSink): Promise<void> {
  const held = cloneNode(root);
  try {
    await saveTree(await sourceOf(held), to);
  } finally {
    freeNode(held);
  }
}

/** Writes a host copy to a file. */
export async function saveTree(
  source: Source | HostTensorDict,
  to: string | UrlLike | ByteSink,
): Promise<void> {
  const items: SafetensorsItem[] = [];
  const tree = JSON.stringify({ version: 1, tree: describe(source, [], items) });
  const python = JSON.stringify({ version: 1, root: describeForPython(source, []) });
  await writeSafetensors(to, items, { metadata: { [TREE]: tree, [PYTHON_TREE]: python } });
}

async function sourceOf(node: DictNode): Promise<Source & { readonly kind: "dict" }> {
  const leaves = new Map<string, SourceLeaf>();
  for (const [name, value] of node.leaves) {
    if (isNode(value)) leaves.set(name, await sourceOf(value));
    else if (isTensorLeaf(value)) leaves.set(name, await tensorSource(value));
    else leaves.set(name, { kind: "values", shape: value.shape, items: value.items });
  }
  return { kind: "dict", batchSize: node.batchSize, leaves };
}

async function tensorSource(tensor: Tensor): Promise<SourceLeaf> {
  const { dtype, shape } = tensor;
  if (dtype !== "string") return { kind: "numbers", dtype, shape, data: () => readNumbers(tensor, dtype) };
  return { kind: "strings", shape, data: (await tensor.bytes()) as Uint8Array[] }; // bytes of each, for strings
}

/** The tree as JSON tells it; its tensors are added to `items`. */
function describe(source: Source, path: readonly string[], items: SafetensorsItem[]): unknown {
  return {
    batchSize: source.batchSize,
    leaves: [...source.leaves].map(([name, leaf]) => {
      if (!isWellFormed(name)) throw saveKey([...path, name]);
      return [name, describeLeaf(leaf, [...path, name], items)];
    }),
  };
}

/** Whether a text has no half of a surrogate pair, which UTF-8 cannot hold and other readers refuse. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** The same tree as Python's tensordict reads it; text is there as bytes and lengths, values that JSON lacks as here. */
function describeForPython(source: Source, path: readonly string[]): PythonLevel {
  const entries = [...source.leaves].flatMap(([name, leaf]): [string, PythonEntry][] => {
    const at = [...path, name];
    if (leaf.kind === "dict") return [[name, { td: describeForPython(leaf, at) }]];
    if (leaf.kind === "numbers") return [[name, { tensor: fileName(at) }]];
    if (leaf.kind === "values") {
      const items = leaf.items.map((item) => encodeValue(item, at));
      return [[name, { non_tensor: leaf.shape === null ? items[0] : nest(leaf.shape, items) }]];
    }
    return [
      [name, { tensor: fileName(at), unbatched: true }],
      [`${name}~lengths`, { tensor: lengthsName(at) }],
    ];
  });
  return { batch_size: source.batchSize, names: null, keys: Object.fromEntries(entries) };
}

function describeLeaf(leaf: SourceLeaf, path: readonly string[], items: SafetensorsItem[]): unknown {
  if (leaf.kind === "dict") return { dict: describe(leaf, path, items) };
  if (leaf.kind === "values") {
    const values = leaf.items.map((item) => encodeValue(item, path));
    return leaf.shape === null ? { value: values[0] } : { values, shape: leaf.shape };
  }
  if (leaf.kind === "strings") items.push(...stringItems(leaf, path));
  else {
    const { dtype, shape, data } = leaf;
    const held = dtype === "bool" ? () => checkedBools(path, data) : data;
    items.push({ name: fileName(path), dtype: FILE_DTYPES[dtype], shape, data: held });
  }
  return { tensor: leaf.kind === "strings" ? "string" : leaf.dtype };
}

/** Bools, of which other operations than ours may have made what readers refuse. */
async function checkedBools(
  path: readonly string[],
  data: HostArray | (() => Promise<HostArray>),
): Promise<HostArray> {
  const values = typeof data === "function" ? await data() : data;
  for (const value of values)
    if (value > 1) throw saveValue(path, `a bool that is ${value}, neither 0 nor 1`);
  return values;
}

/** Strings as their bytes one after the other, and how many each has. */
function stringItems({ shape, data }: HostStrings, path: readonly string[]): SafetensorsItem[] {
  const bytes = joinBytes(data);
  const lengths = Int32Array.from(data, (item) => item.byteLength);
  return [
    { name: fileName(path), dtype: "U8", shape: [bytes.byteLength], data: bytes },
    { name: lengthsName(path), dtype: "I32", shape, data: lengths },
  ];
}
