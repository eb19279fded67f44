import { checkArgument } from "@hookdict/tensordict";
import { badSegment, emptyPath } from "./errors.ts";

const SEPARATOR = /[./]/;

/**
 * The segments of a dotted (or slashed) path.
 *
 * @throws UsageError `PATH_EMPTY` when the path, or one of its segments, is empty.
 * @example
 * parsePath("blocks.0/attn"); // => ["blocks", "0", "attn"]
 */
export function parsePath(path: string): readonly string[] {
  checkArgument("parsePath", "path", path, "text");
  const segments = path.split(SEPARATOR);
  if (segments.includes("")) throw emptyPath(path);
  return segments;
}

/** The canonical text of a path: its segments joined by dots. */
export function formatPath(segments: readonly string[]): string {
  checkArgument("formatPath", "segments", segments, "a list of texts");
  return segments.join(".");
}

/** Empty, with a separator, or like the second capture of a site: `hook_q#1`. */
const NO_SEGMENT = /^$|[./]|#\d+$/;

/** Whether a name can be one segment of a path. */
export function isSegment(name: string): boolean {
  return !NO_SEGMENT.test(name);
}

/**
 * Checks a name that is about to become one segment of a path, and returns it.
 *
 * @throws UsageError `PATH_SEGMENT` when it is empty, contains a separator, or ends like the key of a repeated capture.
 */
export function checkSegment(segment: string, where: string): string {
  if (!isSegment(segment)) throw badSegment(segment, where);
  return segment;
}
