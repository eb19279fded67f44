import type { Tensor } from "@tensorflow/tfjs-core";
import { normProjections, projections } from "../ops/projections.ts";
import { Foreseen, isSame } from "./foreseen.ts";
import type { JoinedLinears, Linear } from "./linear.ts";
import type { Norm } from "./norm.ts";

/**
 * Queries', keys' and values' matrices, which mostly read one input: where the first is asked, all are computed at once, and the others
 * give what is there already. Each stays a part of its own, with its hooks: one that is given another input computes that.
 */
export class Projections implements JoinedLinears {
  readonly #parts: readonly [Linear, Linear, Linear];
  readonly #heads: number;
  readonly #keyHeads: number;
  readonly #foreseen = new Foreseen();
  #isOpen = false;
  #input: Tensor | undefined;

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
      this.#input = undefined;
      this.#foreseen.clear();
    }
  }

  /** Computes what the norm in front of them gives for `x`, and all of them behind it, where that is worth one operation. */
  foreseeBehind(norm: Norm, x: Tensor): void {
    const { weights } = norm;
    const all = weights && normProjections(x, weights, this.#parts, this.#heads, this.#keyHeads);
    if (all === undefined) return;
    norm.foresee(x, all.steps);
    this.#put(all.steps.output, all.made);
  }

  of(part: Linear, x: Tensor): Tensor | undefined {
    if (!this.#isOpen) return undefined;
    const isKnown = this.#input !== undefined && isSame(this.#input, x);
    if (part === this.#parts[0] && !isKnown)
      this.#put(x, projections(x, this.#parts, this.#heads, this.#keyHeads) ?? []);
    return this.#foreseen.take(part, [x]);
  }

  #put(input: Tensor, made: readonly Tensor[]): void {
    this.#input = input;
    this.#foreseen.clear();
    for (const [i, each] of made.entries()) this.#foreseen.put(this.#parts[i] as Linear, [input], each); // one for each
  }
}
