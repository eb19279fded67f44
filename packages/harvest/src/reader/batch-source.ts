import { sha256 } from "#platform";
import { canonicalJson } from "../checks/canonical.ts";
import { type HarvestPlan, rowsOf } from "../plan/plan.ts";
import type { BatchOptions } from "./batch-options.ts";
import type { BatchSource, Places } from "./batches.ts";
import type { Column } from "./columns.ts";
import { readCursor } from "./cursor.ts";
import { readOrder } from "./order.ts";
import type { Shards } from "./shards.ts";

/** Memory of a buffer, unless its size is given. */
const BUFFER_BYTES = 256 * 2 ** 20;
const BUFFER_UNITS = 65_536;

/** What batches are read of. @throws UsageError `HARVEST_CURSOR`. */
export async function batchSource(
  plan: HarvestPlan,
  shards: Shards,
  columns: readonly Column[],
  size: number,
  options: BatchOptions,
): Promise<BatchSource> {
  const { file } = plan;
  const perRow = options.unit === "position" ? file.data.context : 1;
  const unitsOf = (item: number): number => {
    const [from, to] = rowsOf(file, item);
    return (to - from) * perRow;
  };
  const items =
    options.missing === "skip"
      ? await shards.committed()
      : Array.from({ length: file.items }, (_, item) => item);
  const { block, buffer } = sizesOf(plan, columns, size, options);
  const blocksPerWindow = Math.max(1, Math.floor(buffer / block));
  const seed = options.shuffle?.seed;
  const order = readOrder({ items, unitsOf, block, blocksPerWindow, seed });
  const names = columns.map(({ name }) => name);
  const parts = {
    harvest: plan.id,
    items,
    names,
    perRow,
    block,
    blocksPerWindow,
    seed: seed ?? null,
    drop: options.drop ?? [],
  };
  const key = (await sha256([canonicalJson(parts)])).slice(0, 16);
  const from = options.from === undefined ? { window: 0, unit: 0 } : readCursor(key, options.from);
  return { shards, columns, order, drops: dropsOf(plan, options), key, from };
}

/** How many units are read together, and drawn from. */
function sizesOf(
  { store }: HarvestPlan,
  columns: readonly Column[],
  size: number,
  { shuffle }: BatchOptions,
): { readonly block: number; readonly buffer: number } {
  const unitBytes = columns.reduce((sum, column) => sum + column.unitBytes, 0);
  const fitting = Math.max(1, Math.min(BUFFER_UNITS, Math.floor(BUFFER_BYTES / unitBytes)));
  if (shuffle === undefined) {
    const block = Math.min(fitting, Math.max(size, 4096));
    return { block, buffer: block };
  }
  const isRemote = store.location !== undefined && /^(https?|s3):/.test(store.location);
  const block = Math.min(shuffle.block ?? (isRemote ? 4096 : 64), shuffle.buffer ?? fitting);
  return { block, buffer: Math.max(block, shuffle.buffer ?? fitting) };
}

function dropsOf({ file }: HarvestPlan, { drop = [] }: BatchOptions): BatchSource["drops"] {
  const bos = drop.includes("bos") ? file.data.bos : null;
  const padding = drop.includes("padding") && file.data.policy === "document";
  if (bos === null && !padding) return undefined;
  return ({ tokens, mask }: Places) =>
    (unit) =>
      (bos !== null && tokens[unit] === bos) || (padding && mask?.[unit] === 0);
}
