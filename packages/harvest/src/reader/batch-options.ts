import type { Pattern } from "@hookdict/core";
import { harvestOption } from "../checks/errors.ts";
import { checkKnown, checkWhole, checkWord } from "../checks/options.ts";
import type { Unit } from "./columns.ts";

/** How batches are drawn in no order. */
export interface ShuffleOptions {
  /** The same seed gives the same order. */
  readonly seed: number;
  /** Units that are read together. Default 64; 4,096 from a server. */
  readonly block?: number;
  /** Units that batches are drawn from. Default 65,536, or as many as 256 MiB hold. */
  readonly buffer?: number;
}

/** Options of {@link HarvestReader.batches}. */
export interface BatchOptions {
  /** What a batch counts. Default `"row"`. */
  readonly unit?: Unit;
  /** Which sites. Default all that are stored densely. */
  readonly sites?: Pattern;
  /** Positions that are left out (with `unit: "position"`): beginnings of sequence, padding. Default none. */
  readonly drop?: readonly ("bos" | "padding")[];
  /** Draw units in no order. Default: as they are in the data set. */
  readonly shuffle?: ShuffleOptions;
  /** Go on after the batch whose cursor this is. */
  readonly from?: string;
  /** What happens with items that are not committed: `"error"`, or `"skip"` leaves their rows out. Default `"error"`. */
  readonly missing?: "error" | "skip";
}

const OWNER = "batches";

/** @throws UsageError `HARVEST_OPTION`, `HARVEST_OPTION_UNKNOWN` */
export function checkBatchOptions(size: number, options: BatchOptions): void {
  checkWhole(OWNER, "size", size ?? Number.NaN, 1, 2 ** 31 - 1);
  checkKnown(OWNER, options, ["unit", "sites", "drop", "shuffle", "from", "missing"]);
  const { unit, drop = [], shuffle, missing } = options;
  checkWord(OWNER, "unit", unit, ["row", "position"]);
  checkWord(OWNER, "missing", missing, ["error", "skip"]);
  if (!Array.isArray(drop)) throw harvestOption(OWNER, "drop", drop, 'a list of "bos" and "padding"');
  for (const each of drop) checkWord(OWNER, "drop", each, ["bos", "padding"]);
  if (drop.length > 0 && unit !== "position")
    throw harvestOption(OWNER, "drop", drop, 'it together with unit: "position"');
  if (shuffle === undefined) return;
  checkKnown(`${OWNER}' shuffle`, shuffle, ["seed", "block", "buffer"]);
  checkWhole(`${OWNER}' shuffle`, "seed", shuffle.seed ?? Number.NaN, 0, 2 ** 32 - 1);
  checkWhole(`${OWNER}' shuffle`, "block", shuffle.block, 1, 2 ** 24);
  checkWhole(`${OWNER}' shuffle`, "buffer", shuffle.buffer, 1, 2 ** 31 - 1);
}
