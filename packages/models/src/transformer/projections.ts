import type { Tensor } from "@tensorflow/tfjs-core";
import { projections } from "../ops/projections.ts";
import type { JoinedLinears, Linear } from "./linear.ts";

/**
 * Queries', keys' and values' matrices, which mostly read one input: where the first is asked, all are computed at once, and the others
 * give what is there already. Each stays a part of its own, with its hooks: one that is given another input computes that.
 */
export class Projections implements JoinedLinears {
  readonly #parts: readonly [Linear, Linear, Linear];
  readonly #heads: number;
  readonly #keyHeads: number;
  #isOpen = false;
  #input: Tensor | undefined;
  readonly #known = new Map<Linear, Tensor>();

  constructor(parts: readonly [Linear, Linear, Linear], heads: number, keyHeads: number) {
    this.#parts = parts;
    this.#heads = heads;
    this.#keyHeads = keyHeads;
    for (const part of parts) part.join(this);
  }

  /** Runs `fn`, to whose scope all that is computed belongs. A part that is called elsewhere computes its own alone. */
  during<T>(fn: () => T): T {
    const outer = this.#isOpen;
    this.#isOpen = true;
    try {
      return fn();
    } finally {
      this.#isOpen = outer;
      this.#forget();
    }
  }

  of(part: Linear, x: Tensor): Tensor | undefined {
    if (!this.#isOpen) return undefined;
    if (part === this.#parts[0]) this.#compute(x);
    if (x !== this.#input) return undefined;
    const known = this.#known.get(part);
    this.#known.delete(part); // who gets it may dispose of it
    return known?.isDisposed === false ? known : undefined;
  }

  #compute(x: Tensor): void {
    this.#forget();
    const made = projections(x, this.#parts, this.#heads, this.#keyHeads);
    for (const [i, each] of (made ?? []).entries()) this.#known.set(this.#parts[i] as Linear, each); // one for each
    if (made !== undefined) this.#input = x;
  }

  #forget(): void {
    this.#input = undefined;
    this.#known.clear();
  }
}
