import type { Tensor } from "@tensorflow/tfjs-core";
import type { JoinedLinears, Linear } from "./linear.ts";

/** What one part will give. */
interface Known {
  readonly inputs: readonly Tensor[];
  readonly weights: readonly unknown[];
  readonly output: Tensor | object;
}

/**
 * What parts of a layer will give for inputs that they have not been called with yet, where one operation has computed it with the rest.
 * Each part is called as ever, with its hooks, and asks here: where a hook has changed what it is given, or its weights, it computes.
 *
 * Owns nothing: what it names belongs to the scope in which it was computed.
 */
export class Foreseen implements JoinedLinears {
  readonly #known = new Map<object, Known>();

  /** Says what a part gives with the weights that it has now. */
  put(part: object, inputs: readonly Tensor[], output: Tensor | object): void {
    this.#known.set(part, { inputs, output, weights: weightsOf(part) });
  }

  /** What a part gives for these inputs; once, for who gets it may dispose of it. */
  take<T extends Tensor | object = Tensor>(part: object, inputs: readonly Tensor[]): T | undefined {
    const known = this.#known.get(part);
    if (known === undefined) return undefined;
    this.#known.delete(part);
    const weights = weightsOf(part);
    const fits =
      known.inputs.every((each, i) => isSame(each, inputs[i])) &&
      known.weights.every((each, i) => each === weights[i]);
    return fits && isAlive(known.output) ? (known.output as T) : undefined; // a part's outputs are of one type
  }

  of(part: Linear, x: Tensor): Tensor | undefined {
    return this.take(part, [x]);
  }

  clear(): void {
    this.#known.clear();
  }
}

/** Whether two tensors have the same numbers because they share them: hooks are given clones, and may give them on. */
export function isSame(a: Tensor, b: Tensor | undefined): boolean {
  return a === b || (b !== undefined && a.dataId === b.dataId && a.shape.join() === b.shape.join());
}

/** Memory of a linear layer's weights or a norm's, which is another one where a weight is edited; of other parts none. */
function weightsOf(part: object): readonly unknown[] {
  const { weight, gain, bias } = part as Partial<Record<"weight" | "gain" | "bias", Tensor>>;
  return [weight?.dataId, gain?.dataId, bias?.dataId];
}

function isAlive(output: Tensor | object): boolean {
  const { isDisposed } = output as Partial<Tensor>;
  return isDisposed === undefined ? Object.values(output).every(isAlive) : !isDisposed;
}
