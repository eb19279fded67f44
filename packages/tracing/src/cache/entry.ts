import type { Tensor } from "@tensorflow/tfjs-core";

/** What one visit of a site has left in a cache. **Ownership:** *borrowed*: the cache's. */
export interface CacheEntry<V = Tensor> {
  readonly path: string;
  readonly step: number;
  readonly call: number;
  /** `null` where outputs are not recorded, or the site has not returned. */
  readonly output: V | null;
  /** All positional inputs; `null` where inputs are not recorded, or the cache came later. */
  readonly inputs: readonly Tensor[] | null;
  /** The first input. */
  readonly input: Tensor | null;
}

/** An entry that is being filled. */
export class OpenEntry implements CacheEntry<unknown> {
  readonly path: string;
  readonly step: number;
  readonly call: number;
  output: unknown = null;
  inputs: readonly Tensor[] | null = null;

  constructor(path: string, step: number, call: number) {
    this.path = path;
    this.step = step;
    this.call = call;
  }

  get input(): Tensor | null {
    return this.inputs?.[0] ?? null;
  }
}
