import { util } from "@tensorflow/tfjs-core";
import type { HostArray } from "../io/safetensors/decode.ts";
import { NonTensor } from "../values/non-tensor.ts";
import type { HostLeaf, HostTensorDict } from "./host.ts";

/** What `data()` gives for a tensor: its numbers, or its texts. */
export type LeafData = HostArray | readonly string[];

/** The numbers, texts and values of a host copy as records nested like the tree. */
export function hostToRecord(host: HostTensorDict): Record<string, unknown> {
  // `fromEntries` makes properties of all names alike, `__proto__` too.
  return Object.fromEntries([...host.leaves].map(([name, leaf]) => [name, leafToPlain(leaf)]));
}

function leafToPlain(leaf: HostLeaf): unknown {
  if (leaf.kind === "dict") return hostToRecord(leaf);
  if (leaf.kind === "numbers") return leaf.data;
  return leaf.kind === "strings"
    ? leaf.data.map((bytes) => util.decodeString(bytes))
    : new NonTensor(leaf.shape, leaf.items).value;
}
