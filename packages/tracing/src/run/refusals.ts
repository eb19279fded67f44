import { describeValue, nearestNames, tensorsOf } from "@hookdict/tensordict";
import type { Coroutine } from "./coroutine.ts";
import * as errors from "./errors.ts";
import { backwardLate, gradientsOff, gradientUntapped } from "./gradient-errors.ts";
import { isSiteRequest, type Request, type SiteRequest } from "./request.ts";
import type { RunParts } from "./scheduler.ts";
import type { Visit } from "./visit.ts";

/** How far a run is. */
export interface Progress {
  readonly parts: RunParts;
  readonly step: number;
  readonly isBackward: boolean;
  /** Whether any site was skipped so far. */
  readonly hasSkips: boolean;
  readonly runs: number;
  readonly visiting: Visit | undefined;
}

/** Makes the error with which a request is refused. */
export type Reason = () => Error;

/** What a body asked for, for messages. */
export function askedOf(body: Coroutine, request: Request): errors.Asked {
  if (!isSiteRequest(request))
    return { body: body.name, site: "the model", phase: "output", step: body.step, call: 0 };
  const { site, phase, step, call } = request;
  return { body: body.name, site: site.path, phase, step, call };
}

/** Why a request cannot be served, now or later. */
export function refusalOf(body: Coroutine, request: Request, at: Progress): Reason | undefined {
  const { isWhole, gradients } = at.parts;
  if (isSiteRequest(request)) return refuseSite(body, request, at);
  if (request.kind === "take" || request.kind === "arrive") return undefined;
  if (!isWhole) return () => errors.resultInEdit(body.name);
  if (request.kind !== "backward") return undefined;
  if (gradients === undefined) return () => gradientsOff(body.name);
  return at.isBackward ? () => backwardLate(body.name) : undefined;
}

function refuseSite(body: Coroutine, request: SiteRequest, at: Progress): Reason | undefined {
  const { parts, step: now, runs } = at;
  const { site, phase, step } = request;
  const isGradient = phase === "gradOutput" || phase === "gradInput";
  if (isGradient && !parts.isWhole) return () => errors.resultInEdit(body.name);
  if (isGradient && parts.gradients === undefined) return () => gradientsOff(body.name);
  if (isGradient && !parts.sites.isTapped(site))
    return () => gradientUntapped(body.name, site.path, parts.gradients ?? "");
  site.reach(parts.epoch, now, runs);
  if (isPast(request, at)) {
    const visited = at.visiting?.site.path;
    return () =>
      errors.outOfOrder(askedOf(body, request), visited, parts.table?.around(site.path, visited) ?? []);
  }
  if (isGradient) return undefined;
  const outer =
    at.hasSkips && step === now
      ? parts.sites.above(site.path).find((state) => state.isSkippedFor(body.group))
      : undefined;
  if (outer !== undefined) return () => errors.insideSkipped(askedOf(body, request), outer.path);
  return request.kind === "set" ? unlikeTable(body, request, parts) : undefined;
}

function isPast({ site, phase, step, call }: SiteRequest, { step: now, visiting }: Progress): boolean {
  if (step !== now) return step < now;
  const isOpen = visiting?.site === site && visiting.phase === phase && visiting.moment.call === call;
  return !isOpen && site.isPast(phase, call);
}

/** What is known to pass there tells of a wrong shape before the site is reached. */
function unlikeTable(body: Coroutine, request: SiteRequest, { table, batch }: RunParts): Reason | undefined {
  const expected = table?.shapeAt(request);
  if (expected === undefined || tensorsOf(request.value).length === 0) return undefined;
  if (body.group !== undefined && body.group.size !== batch.total) return undefined;
  const got = describeValue(request.value);
  return got === expected ? undefined : () => errors.valueUnlike(askedOf(body, request), expected, got);
}

/** Why a request that is still there at the end was not served. */
export function leftOver(body: Coroutine, request: Request, at: Progress, arrived: number): Reason {
  if (request.kind === "take") return () => errors.cellNeverFilled(body.name, request.cell.name);
  if (request.kind === "arrive")
    return () => errors.barrierIncomplete(body.name, arrived, request.barrier.count);
  if (isSiteRequest(request)) return neverReached(body, request, at);
  return () => errors.resultInEdit(body.name);
}

export function neverReached(body: Coroutine, request: SiteRequest, at: Progress): Reason {
  const { site, phase, step } = request;
  const isNow = step === at.step;
  const ran = at.parts.sites.ran(at.parts.epoch).filter((path) => path !== site.path);
  const near = nearestNames(site.path, ran);
  const calls = isNow && at.parts.sites.hasRun(site, at.parts.epoch) ? site.count(phase) : undefined;
  const reached = { steps: at.step + 1, calls, near };
  return () => errors.neverReached(askedOf(body, request), reached);
}
