import { undoAll } from "./undo-all.ts";

/**
 * Undo steps, run last to first and each exactly once. All of them run, whatever throws.
 *
 * @example
 * const seen: string[] = [];
 * const stack = new CleanupStack();
 * stack.defer(() => seen.push("first"));
 * stack.defer(() => seen.push("second"));
 * stack.dispose();
 * seen; // => ["second", "first"]
 */
export class CleanupStack {
  #steps: (() => void)[] = [];

  /** Adds a step that undoes what has just succeeded. */
  defer(step: () => void): void {
    this.#steps.push(step);
  }

  /**
   * Runs every step and empties the stack.
   *
   * @param cause An error that is already on its way; it stays the first one.
   * @throws The first error, the later ones attached as `SuppressedError`.
   */
  dispose(...cause: readonly [] | readonly [unknown]): void {
    const steps = this.#steps;
    this.#steps = [];
    undoAll(steps, (step) => step(), ...cause);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
