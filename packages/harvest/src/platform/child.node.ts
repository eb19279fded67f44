import process, { stderr } from "node:process";
import { isHookdictError } from "@hookdict/tensordict";
import { ItemWorker } from "../item/worker.ts";
import { openPlan } from "../plan/open.ts";
import { planDiffers } from "../run/errors.ts";
import { SetupError } from "../run/runner.ts";
import type { RunnerSettings } from "../run/settings.ts";
import type { ChildAnswer, ChildMessage } from "./child-answer.ts";

// A child: it opens the plan that its supervisor names, once, and computes the items that it is told.

let worker: Promise<ItemWorker> | undefined;

async function openWorker(settings: RunnerSettings): Promise<ItemWorker> {
  const plan = await openPlan(settings.store, { recipe: settings.recipe, data: settings.data });
  if (plan.id !== settings.id) throw planDiffers(settings.store, settings.id, plan.id);
  return new ItemWorker(plan, settings.oneBackend);
}

/** Computes an item, or with `null` opens what items need. */
async function compute(settings: RunnerSettings, item: number | null): Promise<ChildAnswer> {
  try {
    worker ??= openWorker(settings).catch((cause: unknown) => {
      throw new SetupError(cause);
    });
    const opened = await worker;
    await opened.open();
    say("opened");
    return { ok: true, outcome: item === null ? undefined : await opened.run(item) };
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): ChildAnswer {
  const isSetup = error instanceof SetupError;
  const cause = isSetup ? error.reason : error;
  const { message, stack } = cause instanceof Error ? cause : new Error(String(cause));
  const parts = isHookdictError(cause) ? { code: cause.code, kind: cause.name } : {};
  return { ok: false, isSetup, message, stack: stack ?? "", ...parts };
}

/** A supervisor that is gone hears nothing. */
function say(message: ChildMessage): void {
  process.send?.(message, () => undefined);
}

stderr.on("error", () => undefined); // a supervisor that is gone reads nothing
process.on("disconnect", () => process.exit());
process.on("SIGINT", () => undefined); // Ctrl-C is the supervisor's, who then ends its children
process.on("message", ({ settings, item }: { settings: RunnerSettings; item: number | null }) => {
  void compute(settings, item).then(say);
});
