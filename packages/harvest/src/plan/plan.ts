import type { Direction } from "@hookdict/core";
import type { HarvestStore } from "../store/store.ts";

/** A file and what its bytes hash to. */
export interface FileHash {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Element types of what is stored densely. */
export type StoredDtype = "F32" | "F16" | "BF16" | "I32" | "U8";

/** A tensor of every shard. */
export interface PlannedTensor {
  /** `fwd/blocks.0.hook_resid_post`: as TensorDict's files name it. */
  readonly name: string;
  readonly direction: Direction;
  /** The site's path, with the number of the pass behind `#` where it is not the first. */
  readonly site: string;
  readonly dtype: StoredDtype;
  /** Shape of one row: `[context, d]` where `isPositional`. */
  readonly shape: readonly number[];
  /** Whether the first axis of a row is the position, as the site declares. */
  readonly isPositional: boolean;
}

/** Features that are stored sparsely in every shard. */
export interface PlannedFeatures {
  /** `features/blocks.2.hook_resid_post`. */
  readonly name: string;
  readonly site: string;
  /** How many features there are. */
  readonly width: number;
  readonly keep: { readonly topK: number } | { readonly above: number };
}

/** What a plan says of the packed data set. */
export interface PlannedData {
  /** Where it is: from the harvest's folder, or an address. */
  readonly location: string;
  /** SHA-256 of its `dataset.json`. */
  readonly sha256: string;
  readonly rows: number;
  /** Tokens of a row. */
  readonly context: number;
  readonly policy: "concat" | "document";
  readonly dtype: "U16" | "U32";
  readonly bos: number | null;
}

/** `plan.json`: everything that decides what the shards are, as plain data. It never changes. */
export interface PlanFile {
  readonly format: "hookdict-harvest";
  readonly version: 1;
  readonly recipe: { readonly name: string; readonly sha256: string };
  readonly model: readonly FileHash[];
  readonly data: PlannedData;
  readonly tensors: readonly PlannedTensor[];
  readonly features: readonly PlannedFeatures[];
  /** Rows of an item and so of a shard; the last one may have fewer. */
  readonly itemRows: number;
  /** Rows of a call of the model: backends round by it, so it is part of the plan. */
  readonly batchRows: number;
  readonly items: number;
  readonly versions: Readonly<Record<string, string>>;
}

/** What a harvest will take. */
export interface HarvestEstimate {
  readonly items: number;
  readonly rows: number;
  readonly tokens: number;
  /** Of all shards; of sparse features as many as the tried batch had. */
  readonly bytes: number;
  readonly shardBytes: number;
  /** Free where the shards go, where the store knows. */
  readonly freeBytes: number | undefined;
  /** Of the tried batch, in this process. */
  readonly tokensPerSecond: number;
  /** At that rate. */
  readonly seconds: number;
}

/** A harvest: its plan, and where store, recipe and data set are for this process. */
export interface HarvestPlan {
  /** SHA-256 of `plan.json`. */
  readonly id: string;
  readonly file: PlanFile;
  /** The harvest's own folder. */
  readonly store: HarvestStore;
  /** Path of the recipe here. Its hash is checked before it is loaded. */
  readonly recipe: string;
  /** Where the data set is for this process. */
  readonly data: string;
  /** Of the tried batch, right after planning. */
  readonly estimate: HarvestEstimate | undefined;
}

/** Rows `[from, to)` of an item. */
export function rowsOf(plan: PlanFile, item: number): readonly [number, number] {
  return [item * plan.itemRows, Math.min(plan.data.rows, (item + 1) * plan.itemRows)];
}
