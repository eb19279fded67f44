import { isPlainRecord, isTensor, TensorDict } from "@hookdict/tensordict";
import { type DataType, zeros } from "@tensorflow/tfjs-core";

/** What a value is like, without its tensors: makes another of the same structure, of zeros. */
export type Blank = () => unknown;

/**
 * **Ownership:** borrows `value`, and keeps none of its tensors. What a blank makes is the active scope's; a TensorDict in
 * it is the caller's.
 */
export function blankOf(value: unknown): Blank {
  if (isTensor(value)) {
    const { shape, dtype } = value;
    return () => zeros([...shape], dtype as Exclude<DataType, "complex64">); // complex zeros are made likewise
  }
  if (Array.isArray(value)) {
    const parts = value.map(blankOf);
    return () => parts.map((make) => make());
  }
  if (value instanceof TensorDict) {
    const [batchSize, leaves] = [[...value.batchSize], entriesOf([...value.entries()])];
    return () =>
      new TensorDict(Object.fromEntries(leaves.map(([key, make]) => [key, make()])), { batchSize });
  }
  if (isPlainRecord(value)) {
    const parts = entriesOf(Object.entries(value));
    return () => Object.fromEntries(parts.map(([key, make]) => [key, make()]));
  }
  return () => value;
}

function entriesOf(entries: readonly (readonly [unknown, unknown])[]): readonly (readonly [string, Blank])[] {
  return entries.map(([key, value]) => [String(key), blankOf(value)]);
}
