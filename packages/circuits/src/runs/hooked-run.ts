import { Binding, type Direction, type HookInfo, type HookTarget, type Site } from "@hookdict/core";
import { isTensor } from "@hookdict/tensordict";
import { keptClone } from "@hookdict/tensordict/tensors";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { captureMissing } from "../errors.ts";

/** What happens at one site in a run: a look, or another value. */
export interface HookAt {
  readonly path: string;
  /** Default `"fwd"`. */
  readonly direction?: Direction;
  /** Backward captures of sites that the loss does not depend on. */
  readonly unfired?: "ignore";
  readonly run: (value: Tensor, info: HookInfo) => Tensor | undefined | void;
}

const known = new WeakMap<HookTarget, Map<string, Site>>();

/** A site of a model; `undefined` for none. */
function siteOf(target: HookTarget, path: string): Site | undefined {
  let sites = known.get(target);
  if (sites?.has(path) !== true) {
    sites = new Map(target.sites().map((site) => [site.path, site])); // a model may have grown
    known.set(target, sites);
  }
  return sites.get(path);
}

/**
 * Does something with a model while hooks stand on it, after all that others have put there.
 *
 * @throws MatchError `PATTERN_UNMATCHED` for a site that there is not; what `fn` throws.
 */
export function withHooks<T>(target: HookTarget, hooks: readonly HookAt[], fn: () => T): T {
  using binding = new Binding(target, "circuits");
  for (const { path, direction = "fwd", unfired, run } of hooks) {
    const site = siteOf(target, path);
    binding.hook(site === undefined ? path : { sites: [site] }, direction, {
      run: (value: unknown, info: HookInfo) => (isTensor(value) ? run(value, info) : undefined),
      ...(unfired !== undefined && { kind: "observe" as const, unfired }),
    });
  }
  return fn();
}

/** Values of sites, kept while a run goes on. */
export class Captures implements Disposable {
  readonly #values = new Map<string, Tensor>();

  /** A hook that keeps what passes a site, under its path. **Ownership:** the captures own the clone. */
  at(path: string, direction: Direction = "fwd"): HookAt {
    return {
      path,
      direction,
      ...(direction.startsWith("bwd") && { unfired: "ignore" as const }),
      run: (value) => {
        this.#values.get(path)?.dispose(); // a site that runs again has its last value
        this.#values.set(path, keptClone(value));
      },
    };
  }

  /** What passed. **Ownership:** *borrowed*. */
  find(path: string): Tensor | undefined {
    return this.#values.get(path);
  }

  /** What passed a site of which it is known that it ran. @throws MatchError `CAPTURE_MISSING` */
  get(path: string): Tensor {
    const value = this.#values.get(path);
    if (value === undefined) throw captureMissing(path, this.#values.size);
    return value;
  }

  /** Puts what `change` makes of a value in its place. */
  change(path: string, change: (value: Tensor) => Tensor): void {
    const value = this.get(path);
    const changed = tidy(() => {
      const made = change(value);
      return made === value ? value : keptClone(made);
    });
    if (changed === value) return;
    value.dispose();
    this.#values.set(path, changed);
  }

  /** How many bytes they take, of float32. */
  get bytes(): number {
    return [...this.#values.values()].reduce((total, { size }) => total + size * 4, 0);
  }

  [Symbol.dispose](): void {
    for (const value of this.#values.values()) value.dispose();
    this.#values.clear();
  }
}
