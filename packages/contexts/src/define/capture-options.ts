import type { CaptureOptions } from "../context-with-cache.ts";
import { option, type Option } from "./option.ts";

/** What a context that captures may be told, besides its own options. */
export const CAPTURE_OPTIONS: {
  readonly [K in keyof CaptureOptions]-?: Option<NonNullable<CaptureOptions[K]>>;
} = Object.freeze({
  cache: option.tensorDict(),
  clearCache: option.boolean().default(true),
  passes: option.oneOf("all", "first", "last").default("all"),
});

/** Why two that capture cannot stand on one model: each empties what both fill. */
export function sharedCache(
  one: CaptureOptions | undefined,
  other: CaptureOptions | undefined,
): string | undefined {
  const isShared = one?.cache !== undefined && one.cache === other?.cache;
  return isShared ? "both capture into the same cache" : undefined;
}
