import type { CacheOptions } from "../cache/options.ts";
import type { TraceCache } from "../cache/cache.ts";
import type { SiteState } from "./site-state.ts";

/** What a tracer needs of the run it belongs to. */
export interface BodyAccess {
  readonly name: string;
  rows(): number;
  step(): number;
  /** @throws MatchError `TRACE_SITE`; UsageError `HOOKS_REFUSED` */
  site(path: string): SiteState;
  /** How many steps have begun. */
  steps(): number;
  save(value: unknown): unknown;
  cache(options: CacheOptions): TraceCache;
  pos(position: number, row: number): number;
  hooked<T>(fn: () => T): T;
}
