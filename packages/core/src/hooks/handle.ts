import { handleFixed } from "./errors.ts";
import { argumentInvalid, checkArgument, LINES, showAsText, undoAll } from "@hookdict/tensordict";
import type { Pattern } from "../sites/pattern.ts";
import { HookEntry } from "./entry.ts";

/** What registering a hook at one site returns. Disposing it removes exactly that hook; twice is nothing. */
export class HookHandle {
  static {
    showAsText(this);
  }

  readonly #entry: HookEntry;

  constructor(entry: HookEntry) {
    if (!(entry instanceof HookEntry)) throw argumentInvalid("HookHandle", "entry", entry, "a hook's entry");
    this.#entry = entry;
  }

  get path(): string {
    return this.#entry.site.path;
  }

  get direction(): HookEntry["direction"] {
    return this.#entry.direction;
  }

  /** Whether the hook is still registered. */
  get isActive(): boolean {
    return !this.#entry.removed;
  }

  /** `fwd hook of Session at blocks.0.mlp`. */
  toString(): string {
    const { direction, owner } = this.#entry;
    return `${direction} hook of ${owner.name} at ${this.path}${this.isActive ? "" : " (removed)"}`;
  }

  dispose(): void {
    removeEntry(this.#entry);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Takes a hook off its site, and tells its owner's listeners; twice is nothing. */
export function removeEntry(entry: HookEntry): void {
  if (entry.removed) return;
  const { port, terms } = entry;
  const { owner, direction } = terms;
  port.model.remove(entry);
  owner.emitter?.emit("hook:removed", { site: port.site, direction, context: owner.name });
}

/** Several handles as one. */
export class MultiHookHandle {
  static {
    showAsText(this);
  }

  readonly #handles: readonly HookHandle[];

  constructor(handles: readonly HookHandle[]) {
    checkHandles("MultiHookHandle", handles, HookHandle);
    this.#handles = Object.freeze([...handles]);
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
   * match it keeps its place. A hook that was removed stays away.
   *
   * @throws MatchError `PATTERN_UNMATCHED`, UsageError `HANDLE_FIXED`; nothing has changed then.
   */
  replacePattern(_pattern: Pattern): void {
    throw handleFixed(this.paths);
  }

  /** The hooks, one a line, in at most one screen. */
  toString(): string {
    const { handles } = this;
    const shown = handles.length > LINES - 1 ? handles.slice(0, LINES - 2) : handles;
    const more = handles.length - shown.length;
    const lines = [
      ...shown.map((handle) => `  ${String(handle)}`),
      ...(more > 0 ? [`  … ${more} more`] : []),
    ];
    return [`${handles.length} hook${handles.length === 1 ? "" : "s"}`, ...lines].join("\n");
  }

  /** One handle for both. */
  concat(...others: readonly MultiHookHandle[]): MultiHookHandle {
    checkHandles("concat", others, MultiHookHandle);
    return new JoinedHandle([this, ...others]);
  }

  /** Removes the hooks, last to first. @throws the first error of a listener, once all are removed. */
  dispose(): void {
    undoAll(this.handles, (handle) => handle.dispose());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give in place of handles */
function checkHandles(owner: string, handles: unknown, kind: abstract new (...args: never) => object): void {
  checkArgument(owner, "handles", handles, "a list");
  for (const handle of handles as readonly unknown[])
    // just checked
    if (!(handle instanceof kind)) throw argumentInvalid(owner, "a handle", handle, `a ${kind.name}`);
}

/** Registers one hook at other places: gives the entries that stand in for `present`. */
export type Rehook = (pattern: Pattern, present: readonly HookEntry[]) => readonly HookEntry[];

/** What one registration returns: there may be thousands of hooks, so that handles are made when asked for. */
export class RegisteredHandle extends MultiHookHandle {
  #entries: readonly HookEntry[];
  #made: readonly HookHandle[] | undefined;
  readonly #rehook: Rehook;
  readonly #ended: () => void;
  #isDisposed = false;

  /**
   * @param rehook What `replacePattern` does.
   * @param ended Called when the handle is disposed.
   */
  constructor(entries: readonly HookEntry[], rehook: Rehook, ended: () => void) {
    super([]);
    this.#entries = entries;
    this.#rehook = rehook;
    this.#ended = ended;
  }

  override get handles(): readonly HookHandle[] {
    return (this.#made ??= Object.freeze(this.#entries.map((entry) => new HookHandle(entry))));
  }

  override replacePattern(pattern: Pattern): void {
    if (this.#isDisposed) return;
    this.#entries = this.#rehook(pattern, this.#entries);
    this.#made = undefined;
    if (this.#isDisposed) undoAll(this.#entries, removeEntry); // a listener has done so meanwhile
  }

  override dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    try {
      undoAll(this.#entries, removeEntry);
    } finally {
      this.#ended();
    }
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
    undoAll(this.#parts, (part) => part.dispose());
  }
}

/** Handles that one step undoes, and what takes that step off. */
export interface HandleBatch {
  readonly handles: Set<MultiHookHandle>;
  readonly forget: () => void;
}
