import type { ItemOutcome } from "./settings.ts";

/** Computes items: in this process, or in children. */
export interface ItemRunner extends AsyncDisposable {
  /** How many items it computes at the same time. */
  readonly size: number;
  /** Loads the recipe and the model, so that what is wrong with them is told before any item. */
  open(): Promise<void>;
  /**
   * Computes and commits an item; one that is committed already is not computed. When the signal is raised, a child is
   * ended.
   *
   * @throws An error of the item, after which others can be computed; a {@link SetupError} when none can.
   */
  run(item: number, signal?: StopSignal): Promise<ItemOutcome>;
}

/** The part of an `AbortSignal` that is used. */
export interface StopSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What keeps a process from computing any item at all; `reason` is what the user is told. */
export class SetupError extends Error {
  readonly reason: Error;

  constructor(cause: unknown) {
    super("no item can be computed", { cause });
    this.reason = cause instanceof Error ? cause : new Error(String(cause));
  }
}
