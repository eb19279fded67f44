import { badSegment, emptyPath } from "../errors/paths.ts";

const SEPARATOR = /[./]/;

/**
 * The segments of a dotted (or slashed) path.
 *
 * @throws UsageError `PATH_EMPTY` when the path, or one of its segments, is empty.
 * @example
 * parsePath("blocks.0/attn"); // => ["blocks", "0", "attn"]
 */
export function parsePath(path: string): readonly string[] {
  const segments = path.split(SEPARATOR);
  if (segments.includes("")) throw emptyPath(path);
  return segments;
}

/** The canonical text of a path: its segments joined by dots. */
export function formatPath(segments: readonly string[]): string {
  return segments.join(".");
}

/**
 * Checks a name that is about to become one segment of a path, and returns it.
 *
 * @throws UsageError `PATH_SEGMENT` when it is empty or contains a separator.
 */
export function checkSegment(segment: string, where: string): string {
  if (segment === "" || segment.includes(".") || segment.includes("/")) throw badSegment(segment, where);
  return segment;
}
