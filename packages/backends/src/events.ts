import { EventEmitter } from "eventemitter3";

/** What works now and is better changed. */
export interface BackendWarning {
  /** Names its kind: `WASM_MISSING`, `WASM_THREADS`, `CORES_REPEATED`. */
  readonly code: string;
  /** What happened, and what to do. */
  readonly message: string;
}

/** What each event of {@link backendEvents} carries. */
export interface BackendEventMap {
  warning: (warning: BackendWarning) => void;
}

/**
 * Events of `loadBackend`, for this process or page: `warning` tells what `warnings` of its result tells, too. Listeners
 * observe; what they throw rejects nothing.
 *
 * @example
 * backendEvents.on("warning", ({ message }) => console.warn(message));
 * backendEvents.listenerCount("warning"); // => 1
 * backendEvents.removeAllListeners();
 */
export const backendEvents: EventEmitter<BackendEventMap> = new EventEmitter<BackendEventMap>();

/** Tells whoever listens. An error of theirs is theirs: the backend is loaded all the same. */
export function announce(warnings: readonly BackendWarning[]): void {
  for (const warning of warnings)
    try {
      backendEvents.emit("warning", warning);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
}
