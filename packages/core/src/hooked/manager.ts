import { checkArgument, checkOptionNames, showAsText } from "@hookdict/tensordict";
import type { Tensor } from "@tensorflow/tfjs-core";
import { Binding } from "./binding.ts";
import { formatBinding } from "./format.ts";
import type { Unmatched } from "./matching.ts";
import type { Pattern } from "../sites/pattern.ts";
import { resolveTarget } from "../targets/resolve.ts";
import type { Hookable, HookTarget } from "../targets/target.ts";
import type { Direction } from "../hooks/direction.ts";
import { type HookHandle, MultiHookHandle } from "../hooks/handle.ts";
import type { Hook, HookFunction } from "../hooks/hook.ts";

/**
 * Registers hooks on a model without a context: they belong to the model and stay until their handle, or the manager,
 * is disposed.
 */
export class MultiHookManager {
  static {
    showAsText(this);
  }

  readonly #target: HookTarget;
  readonly #name: string;
  readonly #bindings = new Set<Binding>();

  /** @throws UsageError `MODEL_NOT_HOOKABLE` */
  constructor(model: Hookable, options: { readonly name?: string } = {}) {
    checkOptionNames("MultiHookManager", options, ["name"]);
    checkArgument("MultiHookManager", "name", options.name, "text?");
    this.#target = resolveTarget(model);
    this.#name = options.name ?? "MultiHookManager";
  }

  /**
   * Registers one hook at every site that the pattern matches.
   *
   * @typeParam V What the hook expects: a `Tensor`, unless the function says otherwise.
   *
   * @throws MatchError `PATTERN_UNMATCHED`, UsageError `DIRECTION_UNKNOWN` or `STOP_BACKWARD`.
   */
  register<V = Tensor>(
    pattern: Pattern,
    direction: Direction,
    hook: Hook<V> | HookFunction<V>,
    options: { readonly unmatched?: Unmatched } = {},
  ): MultiHookHandle {
    checkOptionNames("register", options, ["unmatched"]);
    // One owner per registration, so that the model is bare again as soon as its last handle is disposed.
    const binding = new Binding(this.#target, this.#name, { isPermanent: true });
    try {
      const handle = binding.hook(pattern, direction, hook, options.unmatched);
      this.#bindings.add(binding);
      return new ManagedHandle(handle, () => {
        this.#bindings.delete(binding);
        binding.dispose();
      });
    } catch (error) {
      binding.dispose(error);
      throw error;
    }
  }

  /** Removes every hook of this manager. */
  dispose(): void {
    for (const binding of [...this.#bindings].reverse()) binding.dispose();
    this.#bindings.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** What the manager is called and where its hooks are, in at most one screen. */
  toString(): string {
    const entries = [...this.#bindings].flatMap((binding) => binding.entries);
    return formatBinding(this.#name, false, entries);
  }
}

class ManagedHandle extends MultiHookHandle {
  readonly #handle: MultiHookHandle;
  readonly #end: () => void;

  constructor(handle: MultiHookHandle, end: () => void) {
    super([]);
    this.#handle = handle;
    this.#end = end;
  }

  override get handles(): readonly HookHandle[] {
    return this.#handle.handles;
  }

  override replacePattern(pattern: Pattern): void {
    this.#handle.replacePattern(pattern);
  }

  override dispose(): void {
    try {
      this.#handle.dispose();
    } finally {
      this.#end();
    }
  }
}

/** How many hooks of all owners are on the model: 0 for a bare one. */
export function countHooks(model: Hookable): number {
  return resolveTarget(model).entries.size;
}
