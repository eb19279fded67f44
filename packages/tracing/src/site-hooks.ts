import {
  type Binding,
  bypass,
  coverSites,
  type HookInfo,
  type HookOrder,
  type Pattern,
  runPlace,
  type Site,
} from "@hookdict/core";
import { traceStopped } from "./errors.ts";
import type { Scheduler } from "./run/scheduler.ts";
import type { Phase, SiteState } from "./run/site-state.ts";
import type { SiteStates } from "./run/site-states.ts";

/** What the hooks of a trace, or of an edit, belong to. Whose it is changes it in place: accessors would cost each trace a class. */
export interface HookHost {
  readonly binding: Binding;
  states: SiteStates;
  /** The run under way; `undefined` lets the model alone. */
  scheduler: Scheduler | undefined;
  /** Whether nobody needs the rest of the run. */
  canStop(scheduler: Scheduler): boolean;
}

/** Hooks on every site of a model that hand what passes to the run under way; what it returns takes them off. */
export function hookSites(host: HookHost, order: HookOrder, sites: readonly Site[]): () => void {
  return coverSites(
    host.binding,
    sites,
    {
      order,
      run: (value, info) => visitInput(host, value, info),
      ignores: (site, pass) => passesBy(host, "input", site, pass),
    },
    {
      order,
      run: (value, info) => visitOutput(host, value, info),
      ignores: (site, pass) => passesBy(host, "output", site, pass),
    },
  );
}

/** Notes a visit that nobody waits for; `false` when somebody does. */
function passesBy(host: HookHost, phase: Phase, { path }: Site, pass: number): boolean {
  const { scheduler } = host;
  if (scheduler === undefined) return true;
  const { step } = runPlace();
  if (step !== undefined && step !== scheduler.step) return false;
  const site = host.states.get(path);
  return site === undefined || scheduler.passesBy(site, phase, pass);
}

/** Hooks on the gradients of the sites that a pattern matches. @throws MatchError `PATTERN_UNMATCHED` */
export function hookGradients(host: HookHost, pattern: Pattern): void {
  const { binding, states } = host;
  const sites = binding.sites(pattern);
  states.tap(sites);
  for (const [direction, phase] of [
    ["bwd_pre", "gradOutput"],
    ["bwd", "gradInput"],
  ] as const) {
    const run = (value: unknown, info: HookInfo): unknown => visitGradient(host, phase, value, info);
    binding.hook({ sites }, direction, { unfired: "ignore", run });
  }
}

/** The run under way and the site that a hook is told of. */
function placeOf(
  host: HookHost,
  info: HookInfo,
): { readonly scheduler: Scheduler; readonly site: SiteState } | undefined {
  const { scheduler } = host;
  if (scheduler === undefined) return undefined;
  const site = host.states.get(info.site.path);
  if (site === undefined) return undefined;
  const { step } = info; // told by runs that have steps of their own
  if (step !== undefined) scheduler.beginStep(step);
  return { scheduler, site };
}

function visitInput(host: HookHost, value: unknown, info: HookInfo): unknown {
  const place = placeOf(host, info);
  if (place === undefined) return undefined;
  const { scheduler, site } = place;
  const visit = scheduler.visit(site, "input", value, info.pass);
  if (visit === undefined) return undefined;
  const skipped = scheduler.skippedBy(site, visit);
  stopIfDone(host, scheduler, site);
  if (skipped !== undefined) return bypass(skipped.output);
  return visit.isChanged ? visit.whole() : undefined;
}

function visitOutput(host: HookHost, value: unknown, info: HookInfo): unknown {
  const place = placeOf(host, info);
  if (place === undefined) return undefined;
  const { scheduler, site } = place;
  const visit = scheduler.visit(site, "output", value, info.pass);
  if (visit === undefined) return undefined;
  stopIfDone(host, scheduler, site);
  return visit.isChanged ? visit.whole() : undefined;
}

function visitGradient(host: HookHost, phase: Phase, value: unknown, info: HookInfo): unknown {
  const { scheduler } = host;
  const site = host.states.get(info.site.path);
  if (scheduler === undefined || site === undefined) return undefined;
  const visit = scheduler.visit(site, phase, value, info.pass);
  return visit?.isChanged === true ? visit.whole() : undefined;
}

function stopIfDone(host: HookHost, scheduler: Scheduler, site: SiteState): void {
  if (scheduler.isIdle && host.canStop(scheduler)) throw traceStopped(site.path, host.binding.name);
}
