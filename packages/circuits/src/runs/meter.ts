import type { HookTarget } from "@hookdict/core";
import { memory } from "@tensorflow/tfjs-core";
import type { HookAt } from "./hooked-run.ts";
import { layerOf } from "./layer-of.ts";

/** Watches how much memory a run takes, at every site. */
export class Meter {
  readonly #start = memory().numBytes;
  #layers = 0;
  #head = 0;
  readonly hooks: readonly HookAt[];

  constructor(target: HookTarget, layers: number) {
    this.hooks = target.sites().map(({ path }) => ({
      path,
      run: () => {
        const now = memory().numBytes - this.#start;
        if (layers > 0 && layerOf(path, layers) === layers) this.#head = Math.max(this.#head, now);
        else this.#layers = Math.max(this.#layers, now);
      },
    }));
  }

  perRow(rows: number): { readonly layers: number; readonly head: number } {
    return { layers: Math.ceil(this.#layers / rows), head: Math.ceil(this.#head / rows) };
  }
}
