import type { QueueEngine } from "./queue.ts";

/** A kind of engine that `hookdict-harvest --queue ADDRESS` opens. */
export interface EngineKind {
  /** What stands before `://` in its addresses. */
  readonly schemes: readonly string[];
  /** Addresses as messages show them. */
  readonly examples: readonly string[];
  /** Nothing is loaded or connected yet. */
  open(address: string): QueueEngine;
}
