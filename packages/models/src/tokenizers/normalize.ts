import { type JsonObject, tokenText } from "../tokenizer-json.ts";
import {
  type Aligned,
  composeAligned,
  mapAligned,
  prependAligned,
  replaceAligned,
  sliceAligned,
} from "./aligned.ts";

/** A function from text to text. */
type Change = (text: string) => string;

/**
 * What a tokenizer's normalizer makes of a stretch of a text, with where each unit comes from.
 *
 * @param whole The normalizer itself, which has the last word.
 * @param make A normalizer from its part of tokenizer.json.
 */
export function normalizeAligned(
  from: Aligned,
  config: unknown,
  whole: Change | null,
  make: (config: JsonObject) => Change,
): Aligned {
  if (whole === null) return from;
  const stepped = step(from, config, make);
  return stepped.text === whole(from.text) ? stepped : mapAligned(from, whole);
}

function step(from: Aligned, config: unknown, make: (config: JsonObject) => Change): Aligned {
  if (typeof config !== "object" || config === null) return from;
  const fields = config as JsonObject; // an object of a JSON file
  switch (fields["type"]) {
    case "Sequence": {
      const steps = Array.isArray(fields["normalizers"]) ? fields["normalizers"] : [];
      return steps.reduce((text: Aligned, each: unknown) => step(text, each, make), from);
    }
    case "Prepend":
      return prependAligned(from, String(fields["prepend"]));
    case "Replace": {
      const pattern = patternOf(fields["pattern"]);
      return pattern === undefined ? from : replaceAligned(from, pattern, tokenText(fields["content"]) ?? "");
    }
    case "Strip":
      return strip(from, fields["strip_left"] === true, fields["strip_right"] === true);
    case "NFC":
    case "NFKC":
      return composeAligned(from, fields["type"]);
    default:
      return mapAligned(from, make(fields));
  }
}

function strip(from: Aligned, isLeft: boolean, isRight: boolean): Aligned {
  const start = isLeft ? from.text.length - from.text.replace(/^\p{White_Space}+/u, "").length : 0;
  const end = isRight ? from.text.replace(/\p{White_Space}+$/u, "").length : from.text.length;
  return sliceAligned(from, start, Math.max(start, end));
}

/** What a pattern of tokenizer.json finds; `undefined` for one that JavaScript does not have. */
function patternOf(pattern: unknown): RegExp | undefined {
  if (typeof pattern !== "object" || pattern === null) return undefined;
  const { String: text, Regex: regex } = pattern as { String?: unknown; Regex?: unknown };
  const source = typeof text === "string" ? text.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`) : regex;
  try {
    return typeof source === "string" ? new RegExp(source, "gu") : undefined;
  } catch {
    return undefined;
  }
}
