import { Binding } from "../../hooked/binding.ts";
import { captured, keyOf } from "../../hooked/capture.ts";
import { HookedModule } from "../../hooked/hooked-module.ts";
import type { Direction } from "../../hooks/direction.ts";
import type { Hook } from "../../hooks/hook.ts";
import { tensorsOf } from "@hookdict/tensordict";
import { resolveTarget } from "../../targets/resolve.ts";
import type { Hookable } from "../../targets/target.ts";
import { TensorDict } from "@hookdict/tensordict";
import type { Bench, PreparableFactory } from "./bench.ts";
import type { Outputs } from "./subject.ts";

/** A hooked module whose context captures what passes every site in some directions: `fwd`, and `bwd_pre` if asked to. */
export class CacheAll extends HookedModule {
  readonly #captures: TensorDict;
  readonly #ran: Set<string> = new Set();

  readonly #directions: readonly Direction[];

  constructor(model: Hookable, directions: readonly Direction[], parent?: Binding) {
    const target = resolveTarget(model);
    const binding = new Binding(target, "caching", { parent });
    super(target, { binding, dispose: () => binding.dispose() });
    this.#captures = new TensorDict();
    this.#directions = directions;
    binding.defer(() => this.#captures.dispose());
    binding.onRunStart(() => this.#ran.clear());
    binding.events.on("site:ran", ({ site }) => this.#ran.add(site.path));
    for (const direction of directions) binding.hook("**", direction, this.#capturing());
  }

  #capturing(): Hook {
    return {
      kind: "observe",
      unfired: "ignore", // not every site has a gradient
      run: (value, info) => {
        this.#captures.set(keyOf(info), captured(value));
      },
    };
  }

  /** What is captured, by key. */
  values(): ReadonlyMap<string, Outputs> {
    const entries = [...this.#captures.entries({ nested: true, leavesOnly: true })];
    return new Map(
      entries.map(([key, value]) => [
        [key].flat().join(" "),
        tensorsOf(value).map((tensor) => [...tensor.dataSync()]),
      ]),
    );
  }

  /** Its hooks are all there, and every site that ran has been captured. */
  check(bench: Bench): void {
    const gone = this.sites.length * this.#directions.length - this.context.binding.entries.length;
    bench.holds(gone === 0, `It took away ${gone} hooks of a context beside it.`);
    const missing = [...this.#ran].filter((path) => !this.#captures.has(["fwd", path]));
    bench.holds(missing.length === 0, `Beside it, a caching context misses ${missing.join(", ")}.`);
  }
}

/** The factory of {@link CacheAll}, with all that `compose` asks of one. */
export class CachingFactory implements PreparableFactory {
  readonly #directions: readonly Direction[];
  #last: CacheAll | undefined;

  constructor(directions: readonly Direction[]) {
    this.#directions = directions;
  }

  /** What was prepared last. */
  get last(): CacheAll {
    if (this.#last === undefined) throw new TypeError("nothing was prepared"); // by `compose`
    return this.#last;
  }

  describe(): { readonly name: string; readonly options: Readonly<Record<string, never>> } {
    return { name: "caching", options: {} };
  }

  conflict(): undefined {
    return undefined;
  }

  prepare(model: Hookable, options: { readonly parent?: Binding } = {}): CacheAll {
    this.#last = new CacheAll(model, this.#directions, options.parent);
    return this.#last;
  }
}
