import { bytesSource, type HostTensor, readTensor } from "@hookdict/tensordict/io";
import type { Column } from "./columns.ts";
import { decodeHalf } from "./half.ts";

/** Units of a column, as a shard holds them, as numbers. **Ownership:** *borrows* the bytes; *returns owned*. */
export async function decodeColumn(column: Column, raw: Uint8Array, count: number): Promise<HostTensor> {
  const { name, dtype, shape, unitBytes } = column;
  if (dtype === "F16" && raw.byteOffset % 2 === 0) {
    const bits = new Uint16Array(raw.buffer, raw.byteOffset, (count * unitBytes) / 2);
    return { dtype: "float32", shape: [count, ...shape], data: decodeHalf(bits) };
  }
  const entry = { file: name, name, dtype, shape: [count, ...shape], offset: 0, bytes: count * unitBytes };
  return readTensor(bytesSource(name, raw), entry);
}
