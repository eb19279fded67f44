import { showAsText } from "@hookdict/tensordict";
import { cellEmptyAsked, cellFilled } from "./errors.ts";
import type { Coroutine } from "./coroutine.ts";
import { otherRequest, wait, type Wait } from "./request.ts";

/**
 * A place for one value that one body puts and others take. Who takes waits until it is there, so the order in which
 * bodies are defined does not matter. It is empty again after the run.
 *
 * **Ownership:** a value is *borrowed* from the body that put it: it lives until the run's end.
 */
export class Cell<V = unknown> {
  static {
    showAsText(
      this,
      ({ name, isFilled }) => `Cell ${JSON.stringify(name)} (${isFilled ? "filled" : "empty"})`,
    );
  }

  readonly name: string;
  #value: { readonly value: V } | undefined;
  /** Bodies that wait for it. */
  readonly waiters: Coroutine[] = [];

  constructor(name = "cell") {
    this.name = name;
  }

  get isFilled(): boolean {
    return this.#value !== undefined;
  }

  /** The value. @throws LifetimeError `TRACE_CELL_EMPTY` when there is none yet; `take` waits. */
  get value(): V {
    if (this.#value === undefined) throw cellEmptyAsked(this.name);
    return this.#value.value;
  }

  /** Puts the value. @throws UsageError `TRACE_CELL_FILLED` */
  put(value: V): void {
    if (this.#value !== undefined) throw cellFilled(this.name);
    this.#value = { value };
    for (const waiter of this.waiters.splice(0)) waiter.becomeReady();
  }

  /** Waits for the value. `const v = yield* cell.take()`. */
  take(): Wait<V> {
    return wait<V>(otherRequest({ kind: "take", cell: this })); // only `value` is read
  }

  /** Makes it empty. Every run ends with this. */
  clear(): void {
    this.#value = undefined;
    this.waiters.length = 0;
  }
}
