import { type JsonObject, tokenText } from "../tokenizer-json.ts";
import { type Aligned, prependAligned, type Span } from "./aligned.ts";
import { asBytes } from "./bytes.ts";
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
    const [isPrefixed, isSplit] = [config["add_prefix_space"] !== false, config["use_regex"] !== false];
    return (from) => {
      const whole = isPrefixed && !from.text.startsWith(" ") ? prependAligned(from, " ") : from;
      return (isSplit ? splitAligned(whole, BYTE_LEVEL, "Isolated") : [whole]).map(asBytes);
    };
  },
  CharDelimiterSplit: (config) => {
    const pattern = patternOf({ String: config["delimiter"] });
    return (from) => splitAligned(from, pattern, "Removed");
  },
  Digits: (config) => {
    const behavior = config["individual_digits"] === true ? "Isolated" : "Contiguous";
    return (from) => splitAligned(from, NUMBERS, behavior);
  },
  FixedLength: (config) => {
    const length = Number(config["length"] ?? 5);
    if (!(length >= 1)) throw new TypeError(`"length" is ${JSON.stringify(config["length"])}`);
    const pattern = new RegExp(`[\\s\\S]{1,${Math.floor(length)}}`, "gu");
    return (from) => splitAligned(from, pattern, "Isolated");
  },
  Metaspace: metaspace,
  Punctuation: (config) => {
    const behavior = behaviorOf(config["behavior"] ?? "Isolated");
    return (from) => splitAligned(from, PUNCTUATION, behavior);
  },
  Sequence: (config) => {
    const { pretokenizers } = config;
    if (!Array.isArray(pretokenizers)) throw new TypeError('"pretokenizers" is not a list');
    const steps = pretokenizers.map(preTokenizerOf);
    return (from) => steps.reduce((pieces: readonly Aligned[], step) => pieces.flatMap(step), [from]);
  },
  Split: (config) => {
    const pattern = patternOf(config["pattern"]);
    const behavior = behaviorOf(config["behavior"]);
    return (from) => splitAligned(from, pattern, behavior, config["invert"] === true);
  },
  Whitespace: () => (from) => splitAligned(from, WORDS, "Removed", true),
  WhitespaceSplit: () => (from) => splitAligned(from, WHITE_SPACE, "Removed"),
};

/** What `pre_tokenizer` of a tokenizer.json does. @throws TypeError for one that is not known */
export function preTokenizerOf(config: unknown): PreTokenizer {
  if (config === null || config === undefined) return (from) => [from];
  const fields = config as JsonObject; // an object of a JSON file, or it has no type
  const type = String(fields["type"]);
  const make = Object.hasOwn(PRE_TOKENIZERS, type) ? PRE_TOKENIZERS[type] : undefined;
  if (make === undefined)
    throw new TypeError(
      `"pre_tokenizer" is ${JSON.stringify(type)}, not one of ${Object.keys(PRE_TOKENIZERS).join(", ")}`,
    );
  return make(fields);
}

/** Spaces as a visible character, one in front of what follows it. */
function metaspace(config: JsonObject): PreTokenizer {
  const space = tokenText(config["replacement"]) ?? "▁";
  // Older files say whether, newer ones where a space is put in front.
  const scheme = config["prepend_scheme"] ?? (config["add_prefix_space"] === false ? "never" : "always");
  const boundary = patternOf({ String: space });
  return (from) => {
    if (from.text === "") return [];
    const spaced = { text: from.text.replaceAll(" ", space), spans: spansOf(from, space) };
    const isFirst = scheme === "always" || (scheme === "first" && from.spans[0]?.[0] === 0);
    const whole = isFirst && !spaced.text.startsWith(space) ? prependAligned(spaced, space) : spaced;
    return config["split"] === false ? [whole] : splitAligned(whole, boundary, "MergedWithNext");
  };
}

function spansOf(from: Aligned, space: string): readonly Span[] {
  if (space.length === 1) return from.spans;
  return from.spans.flatMap((span, i) =>
    Array.from({ length: from.text[i] === " " ? space.length : 1 }, () => span),
  );
}
