import { bytesSource, type HostTensor, readTensor } from "@hookdict/tensordict/io";
import type { Column } from "./columns.ts";

/** Units of a column, as a shard holds them, as numbers. **Ownership:** *borrows* the bytes; *returns owned*. */
export function decodeColumn(column: Column, raw: Uint8Array, count: number): Promise<HostTensor> {
  const { name, dtype, shape, unitBytes } = column;
  const entry = { file: name, name, dtype, shape: [count, ...shape], offset: 0, bytes: count * unitBytes };
  return readTensor(bytesSource(name, raw), entry);
}
