import { argumentInvalid, isTensor, isTensorDict, type Key, type TensorDict } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { streamBatch } from "../streaming/errors.ts";

/**
 * Values of batches as they come, tensors or TensorDicts, until `use` returns false. **Ownership:** borrows tensors; takes TensorDicts.
 *
 * @throws UsageError `STREAM_BATCH`, `ARGUMENT_INVALID`; what `use` throws
 */
export async function eachBatch(
  owner: string,
  source: Iterable<Tensor | TensorDict> | AsyncIterable<Tensor | TensorDict>,
  { x = "x", mask }: { readonly x?: Key; readonly mask?: Key },
  use: (values: Tensor, mask: Tensor | undefined) => Promise<boolean>,
): Promise<void> {
  const raw: unknown = source; // plain JavaScript gives anything
  const isStream =
    typeof raw === "object" && raw !== null && (Symbol.iterator in raw || Symbol.asyncIterator in raw);
  if (!isStream || isTensor(raw)) throw argumentInvalid(owner, "source", raw, "batches, one after the other");
  let at = 0;
  for await (const batch of source) {
    const isDict = isTensorDict(batch);
    try {
      const values: unknown = isDict ? batch.get<Tensor, undefined>(x, undefined) : batch;
      if (!isTensor(values))
        throw streamBatch(at, batch, `a tensor, or a TensorDict with ${JSON.stringify(x)}`);
      const own = isDict && mask !== undefined ? batch.get<Tensor, undefined>(mask, undefined) : undefined;
      if (!(await use(values, own))) return;
    } finally {
      if (isDict) batch.dispose();
    }
    at++;
  }
}
