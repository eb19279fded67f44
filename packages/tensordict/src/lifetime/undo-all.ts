import { joinErrors } from "./suppressed.ts";

/**
 * Undoes items, last to first; all of them, whatever throws.
 *
 * @param cause An error that is already on its way; it stays the first one.
 * @throws The first error, the later ones attached as `SuppressedError`.
 */
export function undoAll<T>(
  items: readonly T[],
  undo: (item: T) => void,
  ...cause: readonly [] | readonly [unknown]
): void {
  const errors: unknown[] = [...cause];
  for (let i = items.length - 1; i >= 0; i--) {
    try {
      undo(items[i] as T); // in range
    } catch (error) {
      errors.push(error);
    }
  }
  const [first, ...rest] = errors;
  if (errors.length > 0) throw joinErrors([first, ...rest]);
}
