import { type Tensor, tensor2d } from "@tensorflow/tfjs-core";
import { streamState } from "./errors.ts";

/** A number of 64 bits is so many of 16, which every backend keeps as they are. */
const PARTS = 4;

/** Numbers of 64 bits by their bits, int32 `[n, 4]`: sums go on later as if they had never been kept. **Ownership:** returns owned. */
export function fromDoubles(values: ArrayLike<number>): Tensor {
  const parts = new Uint16Array(Float64Array.from(values).buffer);
  return tensor2d(Int32Array.from(parts), [parts.length / PARTS, PARTS], "int32");
}

/** The numbers again. **Ownership:** borrows. @throws UsageError `STREAM_STATE` */
export async function toDoubles(owner: string, key: string, bits: Tensor | undefined): Promise<Float64Array> {
  if (bits === undefined) throw streamState(owner, `it has no ${key}`);
  if (bits.rank !== 2 || bits.shape[1] !== PARTS || bits.dtype !== "int32")
    throw streamState(owner, `its ${key} are ${bits.dtype} [${bits.shape.join(", ")}]`);
  return new Float64Array(Uint16Array.from(await bits.data()).buffer);
}
