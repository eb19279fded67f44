import { describeValue, isTensor, mapTensors, tensorsOf } from "@hookdict/tensordict";
import { collectTensors } from "@hookdict/tensordict/tensors";
import { fill, keep, type Tensor } from "@tensorflow/tfjs-core";
import { rowCount } from "../batch/groups.ts";
import type { Coroutine } from "./coroutine.ts";
import { lossInvalid } from "./gradient-errors.ts";
import { skipRows, valueDisposed, valueMissing, valueUnlike } from "./errors.ts";
import { askedOf } from "./refusals.ts";
import { Refusal, type Request, type SiteRequest } from "./request.ts";
import type { Visit } from "./visit.ts";

/** What a body may know of the run that serves it. */
export interface Run {
  readonly step: number;
  readonly isOver: boolean;
}

/** Answers a request, or says why it cannot be. **Ownership:** tensors of the answer are the body's. */
export function serve(body: Coroutine, request: Request, visit: Visit | undefined, run: Run): unknown {
  switch (request.kind) {
    case "take":
      return request.cell.value;
    case "step":
      return serveStep(body, request.step, run);
    case "get":
    case "result":
    case "set":
    case "setResult":
    case "skip":
      return visit === undefined ? undefined : serveValue(body, request, visit);
    default:
      return undefined;
  }
}

function serveValue(body: Coroutine, request: Request, visit: Visit): unknown {
  if (request.kind === "set" || request.kind === "setResult")
    return serveSet(body, request, request.value, visit);
  if (request.kind === "skip") return serveSkip(body, request, visit);
  const shared = visit.shareWhole(body.group);
  if (shared === undefined) return collectTensors(() => visit.take(body.group), body.owned);
  body.owned.push(keep(shared));
  return shared;
}

function serveStep(body: Coroutine, step: number, run: Run): number | null {
  if (step > run.step && run.isOver) return null;
  body.step = step;
  return step;
}

function serveSet(body: Coroutine, request: Request, value: unknown, visit: Visit): Refusal | undefined {
  if (value === undefined) return new Refusal(() => valueMissing(askedOf(body, request)));
  if (tensorsOf(value).some(({ isDisposed }) => isDisposed))
    return new Refusal(() => valueDisposed(askedOf(body, request)));
  if (typeof value === "number" && visit.hasTensors) {
    const filled = ({ shape, dtype }: Tensor): Tensor => fill(shape, value, dtype as "float32"); // or what it has
    const whole = collectTensors(() => mapTensors(visit.take(body.group), filled), body.owned);
    visit.put(body.group, whole);
    return undefined;
  }
  if (!visit.fits(body.group, value)) {
    const got = describeValue(value);
    return new Refusal(() => valueUnlike(askedOf(body, request), visit.describe(body.group), got));
  }
  visit.put(body.group, value);
  return undefined;
}

function serveSkip(body: Coroutine, request: SiteRequest, visit: Visit): Refusal | undefined {
  const { value, site } = request;
  if (value === undefined) return new Refusal(() => valueMissing(askedOf(body, request)));
  if (tensorsOf(value).some(({ isDisposed }) => isDisposed))
    return new Refusal(() => valueDisposed(askedOf(body, request)));
  const rows = rowCount(value);
  const { group } = body;
  if (group !== undefined && site.axis === 0 && rows !== group.size)
    return new Refusal(() => skipRows(askedOf(body, request), group.size, describeValue(value)));
  visit.skip(group, value);
  site.noteSkip(request.call, group);
  return undefined;
}

/** A scalar loss, or why it is none. */
export function refuseLoss(body: Coroutine, loss: unknown): Refusal | undefined {
  if (isTensor(loss) && loss.dtype === "float32" && loss.rank === 0) return undefined;
  return new Refusal(() => lossInvalid(body.name, describeValue(loss)));
}
