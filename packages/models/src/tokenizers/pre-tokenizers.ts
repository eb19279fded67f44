import type { JsonObject } from "../tokenizer-json.ts";
import { type Aligned, prependAligned, type Span } from "./aligned.ts";
import { asBytes } from "./bytes.ts";
import { characterIn, choiceIn, countIn, flagIn, listIn, makerOf } from "./fields.ts";
import { patternOf } from "./pattern.ts";
import { behaviorOf, splitAligned } from "./splitting.ts";

/** Cuts a stretch of a normalized text into the pieces that become tokens. */
export type PreTokenizer = (from: Aligned) => readonly Aligned[];

const WHITE_SPACE = /\p{White_Space}/gu;
const WORDS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D\p{White_Space}]+/gu;
const PUNCTUATION = /[\p{P}$+<=>^`|~]/gu;
const NUMBERS = /\p{N}/gu;
/** GPT-2's expression. */
const BYTE_LEVEL =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** By their type in tokenizer.json: each is made once, of its part of the file, and throws where that cannot be. */
const PRE_TOKENIZERS: Readonly<Record<string, (config: JsonObject) => PreTokenizer>> = {
  BertPreTokenizer: () => (from) =>
    splitAligned(from, WHITE_SPACE, "Removed").flatMap((each) => splitAligned(each, PUNCTUATION, "Isolated")),
  ByteLevel: (config) => {
    const isPrefixed = flagIn(config, "add_prefix_space", true);
    const isSplit = flagIn(config, "use_regex", true);
    flagIn(config, "trim_offsets", true); // read nowhere, but said to be one
    return (from) => {
      const whole = isPrefixed && !from.text.startsWith(" ") ? prependAligned(from, " ") : from;
      return (isSplit ? splitAligned(whole, BYTE_LEVEL, "Isolated") : [whole]).map(asBytes);
    };
  },
  CharDelimiterSplit: (config) => {
    const pattern = patternOf({ String: characterIn(config, "delimiter", "") });
    return (from) => splitAligned(from, pattern, "Removed");
  },
  Digits: (config) => {
    const behavior = flagIn(config, "individual_digits", false) ? "Isolated" : "Contiguous";
    return (from) => splitAligned(from, NUMBERS, behavior);
  },
  FixedLength: (config) => {
    // No text is longer.
    const length = Math.min(countIn(config, "length", 5, 1), 2 ** 30);
    const pattern = new RegExp(`[\\s\\S]{1,${length}}`, "gu");
    return (from) => splitAligned(from, pattern, "Isolated");
  },
  Metaspace: metaspace,
  Punctuation: (config) => {
    const behavior = behaviorOf(config["behavior"] ?? "Isolated");
    return (from) => splitAligned(from, PUNCTUATION, behavior);
  },
  Sequence: (config) => {
    const steps = listIn(config, "pretokenizers").map(stepOf);
    return (from) => steps.reduce((pieces: readonly Aligned[], step) => pieces.flatMap(step), [from]);
  },
  Split: (config) => {
    const pattern = patternOf(config["pattern"]);
    const behavior = behaviorOf(config["behavior"]);
    const isInverted = flagIn(config, "invert", false);
    return (from) => splitAligned(from, pattern, behavior, isInverted);
  },
  Whitespace: () => (from) => splitAligned(from, WORDS, "Removed", true),
  WhitespaceSplit: () => (from) => splitAligned(from, WHITE_SPACE, "Removed"),
};

/** What `pre_tokenizer` of a tokenizer.json does. @throws TypeError for one that is not known */
export function preTokenizerOf(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return (from) => [from];
  return stepOf(config);
}

function stepOf(config: unknown): PreTokenizer {
  const { make, fields } = makerOf(PRE_TOKENIZERS, config, "pre_tokenizer");
  return make(fields);
}

/** Spaces as a visible character, one in front of what follows it. */
function metaspace(config: JsonObject): PreTokenizer {
  const space = characterIn(config, "replacement", "▁");
  const scheme = prependScheme(config);
  const isSplit = flagIn(config, "split", true);
  const boundary = patternOf({ String: space });
  return (from) => {
    if (from.text === "") return [];
    const spaced = { text: from.text.replaceAll(" ", space), spans: spansOf(from, space) };
    const isFirst = scheme === "always" || (scheme === "first" && from.spans[0]?.[0] === 0);
    const whole = isFirst && !spaced.text.startsWith(space) ? prependAligned(spaced, space) : spaced;
    return isSplit ? splitAligned(whole, boundary, "MergedWithNext") : [whole];
  };
}

/** Where a space is put in front; older files only say whether. @throws TypeError */
export function prependScheme(config: JsonObject): "always" | "first" | "never" {
  const old = flagIn(config, "add_prefix_space", true) ? "always" : "never";
  return choiceIn(config, "prepend_scheme", ["always", "first", "never"], old);
}

function spansOf(from: Aligned, space: string): readonly Span[] {
  if (space.length === 1) return from.spans;
  return from.spans.flatMap((span, i) =>
    Array.from({ length: from.text[i] === " " ? space.length : 1 }, () => span),
  );
}
