import { checkPlan } from "../checks/given.ts";
import { parsePlan } from "../plan/parse.ts";
import { openPool } from "#platform";
import { harvestOption } from "../checks/errors.ts";
import { checkKind, checkKnown, checkWhole } from "../checks/options.ts";
import { noteDead } from "../item/commit.ts";
import { findCommit } from "../item/record.ts";
import type { HarvestPlan } from "../plan/plan.ts";
import { probeStore } from "../store/probe.ts";
import { type HarvestStatus, harvestStatus, pendingItems } from "../upkeep/status.ts";
import { harvestStopped, storeNotShared } from "./errors.ts";
import { checkPart, type Part } from "./part.ts";
import type { HarvestProgress } from "./progress.ts";
import { startReports } from "./reporter.ts";
import { type ItemRunner, SetupError, type StopSignal } from "./runner.ts";

/** What {@link harvest} and `work` have in common. */
export interface RunOptions {
  /** Children that compute, each with a model of its own; 0 computes in this process. Default 1. */
  readonly processes?: number;
  /** Milliseconds after which the child that computes an item is ended. Default 600,000. */
  readonly itemTimeout?: number;
  /** Refuse to compute on another backend than the first that began. Default `false`. */
  readonly oneBackend?: boolean;
  /** Called about once a second, and at the end. */
  readonly onProgress?: (progress: HarvestProgress) => void;
  /** Raise it to stop: children are ended, and what is committed stays. */
  readonly signal?: StopSignal;
}

/** Options of {@link harvest}. */
export interface HarvestOptions extends RunOptions {
  /** Times that an item is tried before it is given up. Default 3. */
  readonly attempts?: number;
  /** Which of the items: for several machines without a queue. */
  readonly part?: Part;
}

const KNOWN = ["processes", "itemTimeout", "oneBackend", "onProgress", "signal", "attempts", "part"];

/**
 * Computes what is pending of a harvest, without a queue. Killed at any time and run again, it goes on: what is committed
 * is never lost and never computed again. Several at the same time are right, too, and share the work by `part`.
 *
 * An item that fails is tried again, and after all attempts noted as dead; the others go on.
 *
 * @throws LifetimeError `HARVEST_STOPPED` when the signal is raised; UsageError `HARVEST_OPTION`, `HARVEST_STORE_NOT_EXCLUSIVE`,
 * `HARVEST_STORE_NOT_SHARED`; what keeps the recipe from being opened.
 * @example no-run
 * const { dead } = await harvest(plan, { processes: 2, onProgress: ({ done, total }) => console.log(done, total) });
 */
export async function harvest(plan: HarvestPlan, options: HarvestOptions = {}): Promise<HarvestStatus> {
  checkPlan("harvest", plan, parsePlan);
  checkKnown("harvest", options, KNOWN);
  checkRunOptions("harvest", options);
  checkWhole("harvest", "attempts", options.attempts, 1);
  checkPart("harvest", options.part);
  await probeStore(plan.store);
  const { index, count } = options.part ?? { index: 0, count: 1 };
  const pending = (await pendingItems(plan)).filter((item) => item % count === index);
  if (pending.length > 0) await runItems(plan, pending, options);
  return harvestStatus(plan);
}

/** @throws UsageError `HARVEST_OPTION` */
export function checkRunOptions(owner: string, options: RunOptions): void {
  checkWhole(owner, "processes", options.processes, 0, 1024);
  checkWhole(owner, "itemTimeout", options.itemTimeout, 1, 2 ** 31 - 1);
  checkKind(owner, "oneBackend", options.oneBackend, "true or false");
  checkKind(owner, "onProgress", options.onProgress, "a function");
  const { signal } = options;
  const isSignal =
    signal === undefined ||
    (typeof Object(signal).aborted === "boolean" &&
      typeof signal.addEventListener === "function" &&
      typeof signal.removeEventListener === "function");
  if (!isSignal) throw harvestOption(owner, "signal", signal, "an AbortSignal");
}

/** What computes: children, or this process. @throws UsageError `HARVEST_STORE_NOT_SHARED`. */
export async function openRunner(plan: HarvestPlan, options: RunOptions): Promise<ItemRunner> {
  const { processes = 1, itemTimeout = 600_000, oneBackend = false } = options;
  if (processes === 0) {
    const { ItemWorker } = await import("../item/worker.ts"); // a supervisor of children needs no model
    return new ItemWorker(plan, oneBackend);
  }
  const { location, name } = plan.store;
  if (location === undefined) throw storeNotShared(name);
  const settings = { id: plan.id, store: location, recipe: plan.recipe, data: plan.data, oneBackend };
  return openPool(settings, processes, itemTimeout);
}

async function runItems(
  plan: HarvestPlan,
  pending: readonly number[],
  options: HarvestOptions,
): Promise<void> {
  const { signal, attempts = 3 } = options;
  await using runner = await openRunner(plan, options);
  let active = 0;
  await using _reports = startReports(plan, () => active, options.onProgress);
  const items = pending.values();
  const lane = async (): Promise<void> => {
    for (const item of items) {
      if (signal?.aborted === true) throw harvestStopped();
      active++;
      await tryItem(plan, runner, item, attempts, signal).finally(() => active--);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: runner.size }, () => lane().catch(ended)));
  for (const { reason } of lanes as readonly PromiseRejectedResult[]) if (reason !== undefined) throw reason;

  /** One that cannot go on ends the others, too: each takes no more. */
  function ended(error: unknown): never {
    for (const _rest of items);
    throw error instanceof SetupError ? error.reason : error;
  }
}

async function tryItem(
  plan: HarvestPlan,
  runner: ItemRunner,
  item: number,
  attempts: number,
  signal: StopSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      // Another machine may have been faster since the list was made.
      if ((await findCommit(plan, item)) === undefined) await runner.run(item, signal);
      return;
    } catch (error) {
      if (error instanceof SetupError) throw error;
      if (signal?.aborted === true) throw harvestStopped();
      if (attempt < attempts) continue;
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      await noteDead(plan, item, attempts, message, stack ?? "");
      return;
    }
  }
}
