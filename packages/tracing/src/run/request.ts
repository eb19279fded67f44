import type { Tensor } from "@tensorflow/tfjs-core";
import type { Barrier } from "./barrier.ts";
import type { Cell } from "./cell.ts";
import type { Moment, Phase, SiteState } from "./site-state.ts";

const REQUEST: unique symbol = Symbol.for("@hookdict/trace-request");

/** A request about one visit of one site. */
export interface SiteRequest {
  readonly [REQUEST]: true;
  readonly kind: "get" | "set" | "skip";
  readonly site: SiteState;
  readonly phase: Phase;
  readonly step: number;
  readonly call: number;
  readonly value: unknown;
}

type Other =
  | { readonly kind: "take"; readonly cell: Cell<unknown> }
  | { readonly kind: "arrive"; readonly barrier: Barrier }
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "result" }
  | { readonly kind: "setResult"; readonly value: unknown }
  | { readonly kind: "backward"; readonly loss: Tensor };

/** What a body yields, and then waits for. Bodies never make one: the tracer's methods do. */
export type Request = SiteRequest | (Other & { readonly [REQUEST]: true });

/** A body's wait for a `V`: what `yield*` takes. */
export type Wait<V> = Generator<Request, V, unknown>;

/** One literal and no spread: bodies make one for each value that they see. */
export function siteRequest(
  kind: SiteRequest["kind"],
  site: SiteState,
  phase: Phase,
  { step, call }: Moment,
  value: unknown,
): SiteRequest {
  return { [REQUEST]: true, kind, site, phase, step, call, value };
}

export function otherRequest(parts: Other): Request {
  return { ...parts, [REQUEST]: true };
}

export function isRequest(value: unknown): value is Request {
  return typeof value === "object" && value !== null && REQUEST in value;
}

export function isSiteRequest(request: Request): request is SiteRequest {
  return request.kind === "get" || request.kind === "set" || request.kind === "skip";
}

/**
 * An error for a body, made only once the body runs again: then its stack shows the body's own line.
 */
export class Refusal {
  readonly make: () => Error;

  constructor(make: () => Error) {
    this.make = make;
  }
}

/** Waits for a request to be served. @throws the error with which it was refused */
export function* wait<V>(request: Request): Wait<V> {
  const answer: unknown = yield request;
  if (answer instanceof Refusal) throw answer.make();
  return answer as V; // what the kind of request stands for
}
