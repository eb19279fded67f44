import { leaveToScope } from "@hookdict/tensordict/tensors";
import { tidy } from "@tensorflow/tfjs-core";
import type { TraceRun } from "../run/trace-run.ts";
import type { SiteStates } from "../run/site-states.ts";
import type { ScannedEvent, SiteTable } from "./table.ts";

/**
 * Lets the bodies of a run pass the sites of a table without the model: each site has zeros of what passes there. With a
 * body that waits for gradients, all end where the backward pass would begin.
 *
 * @throws what the run would: errors of order, of shapes, of sites that do not come.
 */
export function dryRun(run: TraceRun, table: SiteTable, states: SiteStates): void {
  const { scheduler } = run;
  try {
    run.start();
    run.rootStarted();
    pass(run, table.events, states);
    tidy(() => run.serveResult(table.result()));
    // What comes after a backward pass, nobody can say: all that still waits is ended.
    const errors = scheduler.backward.length > 0 ? scheduler.cancel() : [];
    if (errors.length > 0) throw errors[0];
    scheduler.end();
  } catch (error) {
    scheduler.cancel();
    throw scheduler.failure?.error ?? error;
  } finally {
    run.close();
  }
}

function pass({ scheduler }: TraceRun, events: readonly ScannedEvent[], states: SiteStates): void {
  for (let at = 0; at < events.length && !scheduler.isIdle; at++) {
    const { path, phase, call, blank } = events[at] as ScannedEvent; // in range by the loop's bound
    const site = states.get(path);
    if (site === undefined) continue;
    const isSkipped = tidy(() => {
      const value = blank();
      leaveToScope(value);
      const visit = scheduler.visit(site, phase, value, call);
      return phase === "input" && visit !== undefined && scheduler.skippedBy(site, visit) !== undefined;
    });
    // What is inside does not run, and the output is what the body has put there.
    if (isSkipped)
      at =
        events.findIndex((other) => other.path === path && other.call === call && other.phase === "output") -
        1;
  }
}
