import { type HostTensor, readTensor } from "@hookdict/tensordict/io";
import { harvestFileInvalid } from "../checks/errors.ts";
import type { LaidTensor } from "../plan/layout.ts";
import type { PlannedFeatures } from "../plan/plan.ts";
import type { Shards, OpenShard } from "./shards.ts";

/** Features of positions, compressed by rows as `scipy.sparse.csr_matrix` takes them. */
export interface SparseRows {
  /** Positions, and features. */
  readonly shape: readonly [number, number];
  /** Where each position's features begin in `indices` and `values`, and at the end their number: `[positions + 1]`. */
  readonly offsets: Int32Array;
  readonly indices: Int32Array;
  readonly values: Float32Array;
}

/** Rows `[from, to)` of one item's features. **Ownership:** *returns owned*. */
export async function readSparseItem(
  shards: Shards,
  { name, width }: PlannedFeatures,
  context: number,
  item: number,
  [from, to]: readonly [number, number],
): Promise<SparseRows> {
  const shard = await shards.open(item);
  const offsets = (await part(shard, `${name}.offsets`, from * context, (to - from) * context + 1)).data;
  const start = offsets[0] ?? 0;
  const count = (offsets.at(-1) ?? start) - start;
  const total = shard.layout.tensors.get(`${name}.indices`)?.shape[0] ?? 0;
  if (start < 0 || count < 0 || start + count > total)
    throw harvestFileInvalid(
      shard.source.name,
      `"${name}.offsets" leads from ${start} to ${start + count} of ${total}`,
    );
  const indices = (await part(shard, `${name}.indices`, start, count)).data;
  const values = (await part(shard, `${name}.values`, start, count)).data;
  return {
    shape: [(to - from) * context, width],
    offsets: Int32Array.from(offsets, (offset) => offset - start),
    indices: Int32Array.from(indices),
    values: Float32Array.from(values),
  };
}

/** Several parts as one. */
export function joinSparse(parts: readonly SparseRows[], width: number): SparseRows {
  const offsets = [0];
  for (const { offsets: more } of parts) {
    const start = offsets.at(-1) ?? 0;
    for (const offset of more.subarray(1)) offsets.push(start + offset);
  }
  return {
    shape: [offsets.length - 1, width],
    offsets: Int32Array.from(offsets),
    indices: Int32Array.from(parts.flatMap(({ indices }) => [...indices])),
    values: Float32Array.from(parts.flatMap(({ values }) => [...values])),
  };
}

/** Some elements of a list in a shard. @throws FormatError `FILE_TRUNCATED` where it has not so many. */
function part({ source, layout }: OpenShard, name: string, from: number, count: number): Promise<HostTensor> {
  const { dtype, offset, bytes, shape } = layout.tensors.get(name) as LaidTensor; // the layout has the plan's features
  const each = bytes / Math.max(1, shape[0] ?? 1);
  const entry = {
    file: source.name,
    name,
    dtype,
    shape: [count],
    offset: offset + from * each,
    bytes: count * each,
  };
  return readTensor(source, entry);
}
