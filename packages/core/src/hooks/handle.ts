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

/** Several handles as one. */
export class MultiHookHandle {
  readonly handles: readonly HookHandle[];

  constructor(handles: readonly HookHandle[]) {
    this.handles = Object.freeze([...handles]);
  }

  /** Paths of the sites, in the order of registration. */
  get paths(): readonly string[] {
    return this.handles.map((handle) => handle.path);
  }

  /** One handle for both. */
  concat(...others: readonly MultiHookHandle[]): MultiHookHandle {
    return new MultiHookHandle([this, ...others].flatMap((other) => other.handles));
  }

  /** Removes the hooks, last to first. */
  dispose(): void {
    for (const handle of this.handles.toReversed()) handle.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
