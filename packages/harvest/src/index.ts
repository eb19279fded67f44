export type { DatasetFile, PackPolicy, TokensFile } from "./data/dataset.ts";
export { TokenSet } from "./data/tokens.ts";
export type { TokenRows } from "./data/tokens.ts";
export type { CommitRecord, CommittedBy, DeadNote } from "./item/record.ts";
export { DOCUMENT_FORMATS } from "./pack/formats.ts";
export type { Document, DocumentFormat, ReadOptions } from "./pack/document.ts";
export { packTokens } from "./pack/pack.ts";
export type { PackOptions, PackProgress } from "./pack/pack.ts";
export { planHarvest } from "./plan/make.ts";
export type { PlanHarvestOptions } from "./plan/make.ts";
export { openPlan } from "./plan/open.ts";
export type { OpenPlanOptions } from "./plan/open.ts";
export type {
  FileHash,
  HarvestEstimate,
  HarvestPlan,
  PlanFile,
  PlannedData,
  PlannedFeatures,
  PlannedTensor,
  StoredDtype,
} from "./plan/plan.ts";
export { enqueue } from "./queue/enqueue.ts";
export type { EnqueueOptions } from "./queue/enqueue.ts";
export { memoryQueue } from "./queue/memory.ts";
export { work } from "./queue/work.ts";
export type { HarvestWorker, WorkOptions } from "./queue/work.ts";
export type { DeadJob, QueueCounts, QueueEngine, QueueWorkOptions, WorkQueue } from "./queue/queue.ts";
export { HarvestBatches } from "./reader/batches.ts";
export type { BatchOptions, ShuffleOptions } from "./reader/batch-options.ts";
export type { Unit } from "./reader/columns.ts";
export { HarvestReader } from "./reader/reader.ts";
export type { ReadRowsOptions } from "./reader/reader.ts";
export type { RowChoice } from "./reader/rows.ts";
export type { SparseRows } from "./reader/sparse.ts";
export { defineRecipe } from "./recipe/define.ts";
export type { FeatureRecipe, HarvestBatch, HarvestDtype, KeptFeatures, Recipe } from "./recipe/recipe.ts";
export { harvest } from "./run/harvest.ts";
export type { HarvestOptions, RunOptions } from "./run/harvest.ts";
export type { Part } from "./run/part.ts";
export type { HarvestProgress } from "./run/progress.ts";
export type { StopSignal } from "./run/runner.ts";
export { memoryStore } from "./store/memory.ts";
export { openStore } from "./store/open.ts";
export type { StoreLocation } from "./store/open.ts";
export { s3Store } from "./store/s3.ts";
export type { S3Credentials, S3Options } from "./store/s3.ts";
export type { HarvestStore, StoredFile } from "./store/store.ts";
export { collectGarbage } from "./upkeep/gc.ts";
export type { Garbage, GarbageOptions } from "./upkeep/gc.ts";
export { sealHarvest } from "./upkeep/manifest.ts";
export type { Manifest } from "./upkeep/manifest.ts";
export { retryDead } from "./upkeep/retry.ts";
export { harvestStatus } from "./upkeep/status.ts";
export type { HarvestStatus } from "./upkeep/status.ts";
export { verifyHarvest } from "./upkeep/verify.ts";
export type { HarvestFault, VerifyOptions } from "./upkeep/verify.ts";
