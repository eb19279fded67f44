import type { Coroutine } from "./coroutine.ts";

/** Bodies whose wait can be answered whatever is visited: a cell is filled, a barrier complete, a step begun. */
export class Queue {
  readonly #ready: Coroutine[] = [];

  add(body: Coroutine): void {
    if (!this.#ready.includes(body)) this.#ready.push(body);
  }

  get hasReady(): boolean {
    return this.#ready.length > 0;
  }

  /** The first body from a place in the order on that is ready, or is a waiter that can be served. */
  next(
    waiters: readonly Coroutine[],
    from: number,
    isServable: (waiter: Coroutine) => boolean,
  ): Coroutine | undefined {
    let found: Coroutine | undefined;
    const isBetter = (body: Coroutine): boolean =>
      body.order >= from && (found === undefined || body.order < found.order);
    for (let i = this.#ready.length - 1; i >= 0; i--) {
      const body = this.#ready[i] as Coroutine; // in range
      if (!body.isReady) this.#ready.splice(i, 1);
      else if (isBetter(body)) found = body;
    }
    for (const waiter of waiters) if (isBetter(waiter) && isServable(waiter)) found = waiter;
    return found;
  }
}
