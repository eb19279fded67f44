import { handleFixed } from "../errors/hooks.ts";
import { CleanupStack } from "../lifetime/cleanup-stack.ts";
import type { Pattern } from "../paths/pattern.ts";
import type { HookEntry } from "./entry.ts";

/** What registering a hook at one site returns. Disposing it removes exactly that hook; twice is nothing. */
export class HookHandle {
  readonly #entry: HookEntry;

  constructor(entry: HookEntry) {
    this.#entry = entry;
  }

  get path(): string {
    return this.#entry.port.site.path;
  }

  get direction(): HookEntry["direction"] {
    return this.#entry.direction;
  }

  /** Whether the hook is still registered. */
  get isActive(): boolean {
    return !this.#entry.removed;
  }

  dispose(): void {
    if (this.#entry.removed) return;
    const { binding, port, direction } = this.#entry;
    port.target.remove(this.#entry);
    binding.emitter?.emit("hook:removed", { site: port.site, direction, context: binding.name });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Registers one hook at other places: gives the handles that stand in for `present`. */
export type Rehook = (pattern: Pattern, present: readonly HookHandle[]) => readonly HookHandle[];

/** Several handles as one. */
export class MultiHookHandle {
  #handles: readonly HookHandle[];
  readonly #rehook: Rehook | undefined;

  /** @param rehook What `replacePattern` does. */
  constructor(handles: readonly HookHandle[], rehook?: Rehook) {
    this.#handles = Object.freeze([...handles]);
    this.#rehook = rehook;
  }

  get handles(): readonly HookHandle[] {
    return this.#handles;
  }

  /** Paths of the sites, in the order of registration. */
  get paths(): readonly string[] {
    return this.handles.map((handle) => handle.path);
  }

  /**
   * Moves the hook: off the sites that the pattern does not match, on to those that it newly matches. At sites that both
   * match it keeps its place.
   *
   * @throws MatchError `PATTERN_UNMATCHED`, UsageError `HANDLE_FIXED`; nothing has changed then.
   */
  replacePattern(pattern: Pattern): void {
    if (this.#rehook === undefined) throw handleFixed(this.paths);
    this.#handles = Object.freeze([...this.#rehook(pattern, this.#handles)]);
  }

  /** One handle for both. */
  concat(...others: readonly MultiHookHandle[]): MultiHookHandle {
    return new JoinedHandle([this, ...others]);
  }

  /** Removes the hooks, last to first. @throws the first error of a listener, once all are removed. */
  dispose(): void {
    disposeAll(this.handles);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

class JoinedHandle extends MultiHookHandle {
  readonly #parts: readonly MultiHookHandle[];

  constructor(parts: readonly MultiHookHandle[]) {
    super([]);
    this.#parts = parts;
  }

  override get handles(): readonly HookHandle[] {
    return this.#parts.flatMap((part) => part.handles);
  }

  override replacePattern(pattern: Pattern): void {
    for (const part of this.#parts) part.replacePattern(pattern);
  }

  override dispose(): void {
    disposeAll(this.#parts);
  }
}

/** Last to first; all of them, whatever throws. */
function disposeAll(handles: readonly { dispose(): void }[]): void {
  const stack = new CleanupStack();
  for (const handle of handles) stack.defer(() => handle.dispose());
  stack.dispose();
}
