import type { Column } from "./columns.ts";
import type { Shards } from "./shards.ts";

/** Consecutive units of one item. */
export interface Block {
  readonly item: number;
  /** Units `[from, to)` of the item. */
  readonly from: number;
  readonly to: number;
}

/** Units in memory, as shards hold them. */
export interface Window {
  readonly units: number;
  /** By column; unit `i` at `i * unitBytes`. There may be more bytes behind the last. */
  readonly raw: readonly Uint8Array[];
}

/** Blocks that are read at the same time. */
const AT_ONCE = 8;

/** Reads blocks one behind the other; into the memory of a window that is done with, where they fit. */
export async function readWindow(
  shards: Shards,
  columns: readonly Column[],
  blocks: readonly Block[],
  done?: Window,
): Promise<Window> {
  const [first] = blocks;
  if (first !== undefined) await shards.open(first.item); // memory is taken for what a shard has, not for what a plan says
  const starts: number[] = [];
  let units = 0;
  for (const { from, to } of blocks) {
    starts.push(units);
    units += to - from;
  }
  const raw = columns.map(({ unitBytes }, c) => {
    const there = done?.raw[c];
    const bytes = units * unitBytes;
    return there !== undefined && there.byteLength >= bytes ? there : new Uint8Array(bytes);
  });
  const queue = blocks.entries();
  const lane = async (): Promise<void> => {
    for (const [i, block] of queue) await readBlock(shards, columns, block, raw, starts[i] ?? 0);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, blocks.length) }, lane));
  return { units, raw };
}

async function readBlock(
  shards: Shards,
  columns: readonly Column[],
  { item, from, to }: Block,
  raw: readonly Uint8Array[],
  start: number,
): Promise<void> {
  const { source, layout } = await shards.open(item);
  await Promise.all(
    columns.map(async ({ name, unitBytes }, c) => {
      const offset = (layout.tensors.get(name)?.offset ?? 0) + from * unitBytes; // the layout has every column
      const target = raw[c]?.subarray(start * unitBytes, (start + to - from) * unitBytes);
      if (target !== undefined && target.byteLength > 0) await source.readInto(target, offset);
    }),
  );
}
