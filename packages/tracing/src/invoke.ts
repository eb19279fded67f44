import { describeValue, showAsText } from "@hookdict/tensordict";
import { notRun } from "./errors.ts";
import type { Tracer } from "./tracer.ts";
import type { Wait } from "./run/request.ts";

/** User code that runs interleaved with a model: `function* (t) { ... }`. */
export type TraceBody<R> = (t: Tracer) => Wait<R>;

/** What an invoke does with the tensors of its value. */
interface Owner {
  release(value: unknown): void;
}

/**
 * A body that was given to a trace, and what it has returned.
 *
 * @typeParam R What the body returns.
 */
export class Invoke<R = unknown> {
  static {
    showAsText(this);
  }

  readonly #name: () => string;
  readonly #owner: Owner;
  #value: { readonly value: R } | undefined;

  /** @internal */
  constructor(name: () => string, owner: Owner) {
    this.#name = name;
    this.#owner = owner;
  }

  /** What messages call it. */
  get name(): string {
    return this.#name();
  }

  /** Whether the body has returned. */
  get isDone(): boolean {
    return this.#value !== undefined;
  }

  /**
   * What the body has returned. **Ownership:** *borrowed*: the trace's, until it ends.
   *
   * @throws LifetimeError `TRACE_NOT_RUN`
   */
  get value(): R {
    if (this.#value === undefined) throw notRun(this.name);
    return this.#value.value;
  }

  /** What the body has returned. **Ownership:** returns owned. @throws as `value`; LifetimeError `TRACE_TAKE` the second time. */
  take(): R {
    const { value } = this;
    this.#owner.release(value);
    return value;
  }

  /** Its name, and what its body has returned. */
  toString(): string {
    return `${this.name}: ${this.#value === undefined ? "not run yet" : describeValue(this.#value.value)}`;
  }

  /** @internal */
  settle(value: unknown): void {
    this.#value = { value: value as R }; // what the body returned
  }
}
