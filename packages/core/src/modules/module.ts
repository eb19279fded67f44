import type { HookSlot } from "../hooks/slot.ts";
import { duringAll, openAllAsync, refusePromise } from "../runs/runs.ts";
import type { SiteKind } from "../sites/site.ts";
import type { Hookable, HookTarget } from "../targets/target.ts";
import { moduleAsync } from "./errors.ts";
import { checkArgument, isTensor, showAsText } from "@hookdict/tensordict";
import { noteMade } from "@hookdict/tensordict/tensors";
import { pendingKind } from "../targets/asynchronous.ts";
import { formatModel } from "../targets/format.ts";
import { MODULE } from "./brand.ts";
import type { StoredWeight } from "../weights/stored-weight.ts";
import { moduleTarget } from "./module-target.ts";

/**
 * Base of own models. Write `forward`; call modules through `call`, which is where hooks run. Children are found from
 * public fields that hold modules, or arrays and plain records of modules; a field's name becomes a segment of the path.
 *
 * A `WeakMap` or `#private` field is not searched: use it for a module that is no child.
 *
 * **Ownership:** `call` borrows its inputs; its result belongs to the caller's scope (call models through a hooked
 * module or `tf.tidy`). A module that makes tensors of its own should free them in `[Symbol.dispose]`.
 *
 * @example
 * class Double extends Module {
 *   readonly hook_out = new HookPoint();
 *   override forward(x: number): number { return this.hook_out.call(2 * x); }
 * }
 * new Double().call(4); // => 8
 */
export abstract class Module implements Hookable {
  static {
    Object.defineProperty(Module.prototype, MODULE, {
      value(this: Module, walk: number): boolean | undefined {
        if (!(#walk in this)) return undefined;
        const isFirst = this.#walk !== walk;
        this.#walk = walk;
        return isFirst;
      },
    });
    showAsText(this);
  }

  /** The latest walk that has come here; a private field of a frozen model can be set, too. */
  #walk = 0;

  /** The module's hooks, kept by whoever registers them; `null` while there are none. */
  hookSlot: HookSlot | null = null;

  /** Names of the output's axes, outermost first, when they are fixed. */
  get axes(): readonly string[] | undefined {
    return undefined;
  }

  /** Why nobody may put a hook here, for authors of models; `undefined` where everybody may. */
  get refusesHooks(): string | undefined {
    return undefined;
  }

  /** What kind of site the module is. */
  get siteKind(): SiteKind {
    return "module";
  }

  /**
   * The weights that this very module holds, by name: tensors, or lists and records of them. They are found in its public
   * fields, unless a subclass that keeps them elsewhere says so here. **Ownership:** *borrows* them to you.
   */
  ownWeights(): object {
    return this;
  }

  /** For models that come from a checkpoint: its tensors, and which weights they became. Default none. */
  storedWeights(): readonly StoredWeight[] {
    return [];
  }

  /**
   * Makes the parts that a pattern names and that are no fields yet, for authors of modules with more parts than anybody
   * wants; called where the module is mounted, with the place.
   *
   * @param _source The pattern's text, or a part of it.
   */
  partNamed(_source: string, _path: string): void {
    // Most modules have all their parts from the start.
  }

  /** The module's sites, with their types and axes, and who has which hooks there, in at most one screen. */
  toString(): string {
    return formatModel(moduleTarget(this));
  }

  /** Computes the output. Never call it directly: hooks would not run. It is an ordinary function: not `async`, no generator. */
  abstract forward(...inputs: readonly never[]): unknown;

  /**
   * Runs the module with its hooks. A module without hooks pays one field check.
   *
   * @throws HookError, ShapeError; LifetimeError `RUN_STOPPED`; UsageError `MODULE_ASYNC`
   */
  call(...inputs: Parameters<this["forward"]>): ReturnType<this["forward"]> {
    const slot = this.hookSlot;
    // oxlint-disable-next-line typescript/unbound-method -- applied to `this` below
    const forward = this.forward as (...args: readonly unknown[]) => unknown; // `this` types are opaque in here
    let output: unknown;
    if (slot === null) noteMade((output = forward.apply(this, inputs)));
    else output = slot.run(inputs, (...args) => checkOutput(this, forward.apply(this, args as unknown[])));
    return output as ReturnType<this["forward"]>; // hooks may not change the structure
  }

  /**
   * Makes what `fn` does one run of every model that has contexts on this module: for methods that call parts of it,
   * such as `encode` or `generate`. A part that is called outside of a run is bare. Within a run, it goes on.
   *
   * @throws LifetimeError `RUN_OVERLAPS`; UsageError `RUN_ASYNC` when `fn` returns a promise.
   * @example
   * class Two extends Module {
   *   readonly hook_a = new HookPoint();
   *   override forward(x: number): number { return this.hook_a.call(x); }
   *   twice(x: number): number { return this.during(() => this.call(x) + this.call(x)); }
   * }
   * new Two().twice(4); // => 8
   */
  during<T>(fn: () => T): T {
    checkArgument("during", "fn", fn, "a function");
    const roots = this.hookSlot?.roots ?? [];
    return roots.length === 0 ? fn() : duringAll(roots, () => refusePromise(fn()));
  }

  /**
   * {@link Module.during} for a function that waits. Whatever runs the model in the meantime is a part of that run.
   *
   * @throws LifetimeError `RUN_OVERLAPS`
   */
  async duringAsync<T>(fn: () => Promise<T>): Promise<T> {
    checkArgument("duringAsync", "fn", fn, "a function");
    return openAllAsync(this.hookSlot?.roots ?? [], fn);
  }

  hookTarget(): HookTarget<Parameters<this["forward"]>, ReturnType<this["forward"]>, this> {
    return moduleTarget(this) as HookTarget<Parameters<this["forward"]>, ReturnType<this["forward"]>, this>;
  }
}

/** What `forward` gave. @throws UsageError `MODULE_ASYNC` */
export function checkOutput(module: object, output: unknown): unknown {
  if (isTensor(output)) return output;
  const kind = pendingKind(output);
  if (kind !== undefined) throw moduleAsync(module.constructor.name, kind);
  return output;
}
