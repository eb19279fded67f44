import { counted } from "../text/format.ts";
import { showAsText } from "../text/inspect.ts";
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
  static {
    showAsText(this, (stack) => `CleanupStack of ${counted(stack.#steps.size, "step")}`);
  }

  #steps = new Set<{ readonly run: () => void }>();

  /** Adds a step that undoes what has just succeeded, and returns what takes the step off again. */
  defer(step: () => void): () => void {
    const added = { run: step };
    this.#steps.add(added);
    return () => void this.#steps.delete(added);
  }

  /**
   * Runs every step and empties the stack.
   *
   * @param cause An error that is already on its way; it stays the first one.
   * @throws The first error, the later ones attached as `SuppressedError`.
   */
  dispose(...cause: readonly [] | readonly [unknown]): void {
    const steps = [...this.#steps];
    this.#steps = new Set();
    undoAll(steps, (step) => step.run(), ...cause);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
