import { MatchError, UsageError } from "@hookdict/tensordict";

export function emptyPath(path: string): UsageError {
  return new UsageError({
    code: "PATH_EMPTY",
    what: `The path ${JSON.stringify(path)} has an empty segment.`,
    hint: 'Write segments separated by single dots or slashes, such as "blocks.0.attn".',
    fields: { path },
  });
}

export function badSegment(segment: string, where: string): UsageError {
  return new UsageError({
    code: "PATH_SEGMENT",
    what: `A part of ${where} is named ${JSON.stringify(segment)}, which cannot be a segment of a path.`,
    hint: 'A segment is not empty, contains neither "." nor "/", and does not end in "#" and a number, which marks later passes; rename it.',
    fields: { segment, where },
  });
}

export function badPattern(pattern: unknown, reason: string): UsageError {
  return new UsageError({
    code: "PATTERN_INVALID",
    what: `The pattern ${describePattern(pattern)} cannot be used: ${reason}.`,
    hint: 'A pattern is a glob over paths such as "blocks.*.attn.hook_q", a function (site) => boolean, or a list of these.',
    fields: { pattern },
  });
}

export function nothingMatched(
  patterns: readonly string[],
  sites: number,
  nearest: readonly string[],
): MatchError {
  const listed = patterns.map((pattern) => JSON.stringify(pattern)).join(", ");
  return new MatchError({
    code: "PATTERN_UNMATCHED",
    what: `No site matches ${listed}, among ${sites} sites.`,
    hint:
      (nearest.length === 0 ? "" : `The nearest names are ${nearest.join(", ")}. `) +
      'Correct the pattern, or pass unmatched: "ignore".',
    fields: { patterns, sites, nearest },
  });
}

function describePattern(pattern: unknown): string {
  return typeof pattern === "string" ? JSON.stringify(pattern) : `of type ${typeof pattern}`;
}
