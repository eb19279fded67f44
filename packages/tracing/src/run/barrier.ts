import { showAsText } from "@hookdict/tensordict";
import type { Coroutine } from "./coroutine.ts";
import { otherRequest, wait, type Wait } from "./request.ts";

/**
 * A place where bodies wait for each other: each goes on once `count` of them have arrived. Then it can be used again.
 * A cell says what is waited for, and has no count to get wrong: prefer it where a value is passed on.
 */
export class Barrier {
  static {
    showAsText(this, ({ count, waiters }) => `Barrier: ${waiters.length} of ${count ?? "all"} bodies wait`);
  }

  readonly #given: number | undefined;
  #count: number | undefined;
  /** Bodies that have arrived. */
  readonly waiters: Coroutine[] = [];

  /** @param count Default: as many as the run has invokes. */
  constructor(count?: number) {
    this.#given = count;
    this.#count = count;
  }

  /** How many bodies it waits for; `undefined` before the run says so. */
  get count(): number | undefined {
    return this.#count;
  }

  /** Waits for the others. `yield* barrier.arrive()`. */
  arrive(): Wait<void> {
    return wait<void>(otherRequest({ kind: "arrive", barrier: this }));
  }

  /** @internal A body has come; all go on when it is the last. */
  add(body: Coroutine, invokes: number): void {
    this.#count ??= invokes;
    this.waiters.push(body);
    if (this.waiters.length < this.#count) return;
    for (const waiter of this.waiters.splice(0)) waiter.becomeReady();
  }

  /** @internal Forgets who has arrived. Every run ends with this. */
  clear(): void {
    this.waiters.length = 0;
    this.#count = this.#given;
  }
}
