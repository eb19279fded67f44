import { captureKey } from "@hookdict/core";
import { isTensor, TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { OpenEntry } from "./entry.ts";

/** A TensorDict of all entries. **Ownership:** takes their tensors; returns owned. */
export function dictOf(
  lists: readonly (readonly OpenEntry[])[],
  shown: (path: string) => string,
): TensorDict {
  const dict = new TensorDict();
  for (const list of lists) {
    for (const [i, entry] of list.entries()) {
      const path = shown(entry.path);
      if (entry.inputs !== null) {
        const value = entry.inputs.length === 1 ? entry.inputs[0] : entry.inputs;
        dict.set(captureKey("fwd_pre", path, i), nested(value) as Tensor); // or a TensorDict, as `set` takes
      }
      if (entry.output !== null) dict.set(captureKey("fwd", path, i), nested(entry.output) as Tensor); // likewise
    }
  }
  return dict;
}

/** A tuple or record as a TensorDict, with the very tensors. */
function nested(value: unknown): unknown {
  const isRecord =
    Array.isArray(value) ||
    (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype);
  if (isTensor(value) || !isRecord) return value;
  const dict = new TensorDict();
  for (const [key, item] of Object.entries(value))
    if (item !== undefined) dict.set(key, nested(item) as Tensor); // likewise
  return dict;
}
