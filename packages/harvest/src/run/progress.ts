import type { HarvestStatus } from "../upkeep/status.ts";

/** How a harvest goes on, by its store: all machines tell the same. */
export interface HarvestProgress {
  /** Committed items. */
  readonly done: number;
  readonly dead: number;
  /** Items that this process computes now. */
  readonly active: number;
  /** Of the plan. */
  readonly total: number;
  readonly tokens: number;
  readonly bytes: number;
  /** Of all machines, over the last minute. */
  readonly tokensPerSecond: number;
  /** At that rate; infinite while there is none. */
  readonly etaSeconds: number;
}

const WINDOW_MS = 60_000;

/** Rates over the last minute. */
export class Rates {
  readonly #seen: { readonly at: number; readonly tokens: number }[] = [];

  /** @param now In milliseconds. */
  progress(status: HarvestStatus, active: number, now: number): HarvestProgress {
    this.#seen.push({ at: now, tokens: status.tokens });
    while (this.#seen.length > 2 && (this.#seen[0]?.at ?? now) < now - WINDOW_MS) this.#seen.shift();
    const first = this.#seen[0] ?? { at: now, tokens: status.tokens };
    const seconds = (now - first.at) / 1000;
    const tokensPerSecond = seconds > 0 ? (status.tokens - first.tokens) / seconds : 0;
    const perItem = status.committed === 0 ? 0 : status.tokens / status.committed;
    return {
      done: status.committed,
      dead: status.dead,
      active,
      total: status.items,
      tokens: status.tokens,
      bytes: status.bytes,
      tokensPerSecond,
      etaSeconds: status.pending === 0 ? 0 : (status.pending * perItem) / tokensPerSecond || Infinity,
    };
  }
}
