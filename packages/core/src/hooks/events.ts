import { EventEmitter } from "eventemitter3";
import type { Direction } from "./direction.ts";
import type { Site } from "../sites/site.ts";

/** What each event carries. Listeners observe; they cannot change anything. */
export interface HookEventMap {
  "hook:registered": (event: {
    readonly site: Site;
    readonly direction: Direction;
    readonly context: string;
  }) => void;
  "hook:removed": (event: {
    readonly site: Site;
    readonly direction: Direction;
    readonly context: string;
  }) => void;
  "run:started": (event: { readonly context: string }) => void;
  "run:finished": (event: { readonly context: string; readonly error?: unknown }) => void;
  "site:ran": (event: { readonly site: Site; readonly pass: number }) => void;
  captured: (event: { readonly site: Site; readonly key: readonly [Direction, string] }) => void;
  unfired: (event: { readonly context: string; readonly paths: readonly string[] }) => void;
  unmatched: (event: { readonly context: string; readonly patterns: readonly string[] }) => void;
}

/** The events of one context. */
export type HookEvents = EventEmitter<HookEventMap>;

export function createEvents(): HookEvents {
  return new EventEmitter<HookEventMap>();
}
