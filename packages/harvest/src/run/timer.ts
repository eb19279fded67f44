interface Timers {
  setTimeout(fn: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** A timer that can be cancelled. */
export function after(ms: number, fn: () => void): { cancel(): void } {
  const timers = globalThis as unknown as Timers; // the compiler's libraries do not say so
  const timer = timers.setTimeout(fn, ms);
  return { cancel: () => timers.clearTimeout(timer) };
}
