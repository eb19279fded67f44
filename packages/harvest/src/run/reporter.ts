import type { HarvestPlan } from "../plan/plan.ts";
import { harvestStatus } from "../upkeep/status.ts";
import { type HarvestProgress, Rates } from "./progress.ts";
import { after } from "./timer.ts";

/** Reads of the store between two reports: at least this long apart, and never more than a tenth of the time. */
const EVERY_MS = 1000;
const SHARE = 10;

/** Tells progress while something runs. Ends when disposed, with a last report. */
export function startReports(
  plan: HarvestPlan,
  active: () => number,
  onProgress: ((progress: HarvestProgress) => void) | undefined,
): AsyncDisposable {
  if (onProgress === undefined) return { [Symbol.asyncDispose]: async () => undefined };
  const rates = new Rates();
  const state = { isEnded: false };
  let wake = (): void => undefined;
  const report = async (): Promise<number> => {
    const start = performance.now();
    const status = await harvestStatus(plan);
    onProgress(rates.progress(status, active(), performance.now()));
    return performance.now() - start;
  };
  const loop = async (): Promise<void> => {
    while (!state.isEnded) {
      const took = await report();
      await new Promise<void>((resolve) => {
        const timer = after(Math.max(EVERY_MS, took * SHARE), resolve);
        wake = () => {
          timer.cancel();
          resolve();
        };
      });
    }
  };
  const running = loop().catch(() => undefined); // the run itself meets what is wrong with the store
  return {
    async [Symbol.asyncDispose]() {
      state.isEnded = true;
      wake();
      await running;
      await report();
    },
  };
}
