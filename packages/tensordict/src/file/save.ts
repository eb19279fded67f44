import type { Tensor } from "@tensorflow/tfjs-core";
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
import { fileName, lengthsName } from "./names.ts";
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
  await writeSafetensors(to, items, { metadata: { [TREE]: tree } });
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
    leaves: [...source.leaves].map(([name, leaf]) => [name, describeLeaf(leaf, [...path, name], items)]),
  };
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
    items.push({ name: fileName(path), dtype: FILE_DTYPES[dtype], shape, data });
  }
  return { tensor: leaf.kind === "strings" ? "string" : leaf.dtype };
}

/** Strings as their bytes one after the other, and how many each has. */
function stringItems({ shape, data }: HostStrings, path: readonly string[]): SafetensorsItem[] {
  const bytes = new Uint8Array(data.reduce((sum, item) => sum + item.byteLength, 0));
  let at = 0;
  for (const item of data) {
    bytes.set(item, at);
    at += item.byteLength;
  }
  const lengths = Int32Array.from(data, (item) => item.byteLength);
  return [
    { name: fileName(path), dtype: "U8", shape: [bytes.byteLength], data: bytes },
    { name: lengthsName(path), dtype: "I32", shape, data: lengths },
  ];
}
