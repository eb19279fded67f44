import { checkArgument } from "@hookdict/tensordict";
import { showAsText } from "@hookdict/tensordict";
import {
  type Binding,
  type BoundContext,
  type Direction,
  type Hook,
  type HookFunction,
  type HookTarget,
  type Module,
  mountModule,
  type MultiHookHandle,
  type Pattern,
  type Site,
  type Unmatched,
} from "@hookdict/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * A factory bound to one model: what its hooks share, and everything that must be undone when it ends. Factories get
 * one in {@link HookingContextFactory.setUp}; whatever is registered through it is removed with it, last to first.
 */
export class HookingContext implements BoundContext {
  static {
    showAsText(this);
  }

  readonly binding: Binding;
  readonly #unmatched: Unmatched;

  constructor(binding: Binding, unmatched: Unmatched = "error") {
    checkArgument("HookingContext", "binding", binding, "a record");
    for (const method of ["hook", "defer", "dispose"])
      checkArgument("HookingContext", `binding.${method}`, Reflect.get(binding, method), "a function");
    this.binding = binding;
    this.#unmatched = unmatched;
  }

  /** Name of the factory, for messages. */
  get name(): string {
    return this.binding.name;
  }

  get target(): HookTarget {
    return this.binding.target;
  }

  /** @throws MatchError `PATTERN_UNMATCHED`, unless the factory was prepared with another `unmatched`. */
  sites(pattern: Pattern): readonly Site[] {
    return this.binding.sites(pattern, this.#unmatched);
  }

  /**
   * Registers a hook at every site that a pattern matches, or at given sites.
   *
   * @param hook `V` is what it is given: a tensor, unless the function says otherwise (a tuple of several, a TensorDict).
   * @throws MatchError `PATTERN_UNMATCHED`; UsageError `DIRECTION_UNKNOWN`, `STOP_BACKWARD`.
   */
  hook<V = Tensor>(
    where: Pattern | { readonly sites: readonly Site[] },
    direction: Direction,
    hook: Hook<V> | HookFunction<V>,
  ): MultiHookHandle {
    return this.binding.hook(where, direction, hook, this.#unmatched);
  }

  /**
   * Moves every hook of the context to the sites that another pattern matches, keeping what both match.
   *
   * @throws MatchError `PATTERN_UNMATCHED`: nothing has changed then; LifetimeError `CONTEXT_DISPOSED`.
   */
  replacePattern(pattern: Pattern): void {
    this.binding.replacePattern(pattern, this.#unmatched);
  }

  /**
   * Ends each run once every forward hook on the model, of all contexts, has fired; see `Binding.stopEarly`.
   *
   * @throws LifetimeError `CONTEXT_DISPOSED`
   */
  stopEarly(): void {
    this.binding.stopEarly();
  }

  /**
   * Adds the parts of a module to the model as sites below `path`, until the context ends; see `mountModule`.
   *
   * @throws UsageError `MOUNT_TAKEN`; LifetimeError `CONTEXT_DISPOSED`.
   */
  mount(path: string, module: Module): void {
    mountModule(this.binding, path, module);
  }

  /** Adds a step for the end of the context; steps and hooks are undone last to first. What it returns takes the step off. */
  defer(step: () => void): () => void {
    return this.binding.defer(step);
  }

  get isDisposed(): boolean {
    return this.binding.isDisposed;
  }

  /** The factory and where its hooks are, in at most one screen. */
  toString(): string {
    return String(this.binding);
  }

  /** Ends the context; twice is nothing. */
  dispose(): void {
    this.binding.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
