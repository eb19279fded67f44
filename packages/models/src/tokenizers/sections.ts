import type { JsonObject } from "../tokenizer-json.ts";
import { flagIn } from "./fields.ts";
import { Prefixes } from "./models/prefixes.ts";
import { afterSpaces, beforeSpaces } from "./spaces.ts";

/** A token that stands in texts as it is, from `added_tokens` of tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it takes the space before, or behind it. */
  readonly isLeftStripped: boolean;
  readonly isRightStripped: boolean;
  /** Whether it is found only where no letter, digit or `_` stands beside it. */
  readonly isWord: boolean;
  /** Whether it is looked for after normalizing. */
  readonly isNormalized: boolean;
  readonly isSpecial: boolean;
}

/** A stretch of a text: an added token, or what stands between two. */
export interface Section {
  readonly start: number;
  readonly end: number;
  readonly token?: AddedToken;
}

/** Added tokens of a tokenizer.json; those that the model has as well go by the ids that it gives them. @throws TypeError */
export function addedTokens(list: unknown, idOf: (token: string) => number | undefined): AddedToken[] {
  if (!Array.isArray(list)) return [];
  return list.map((each: JsonObject) => {
    const isSpecial = flagIn(each, "special", false);
    const content = String(each["content"]);
    return {
      id: idOf(content) ?? Number(each["id"]),
      content,
      isLeftStripped: flagIn(each, "lstrip", false),
      isRightStripped: flagIn(each, "rstrip", false),
      isWord: flagIn(each, "single_word", false),
      // As Hugging Face has it: what is not special is normalized, unless it says otherwise.
      isNormalized: flagIn(each, "normalized", !isSpecial),
      isSpecial,
    };
  });
}

/** A text cut at tokens, the longest where several begin. */
export function splitSections(text: string, tokens: readonly AddedToken[]): Section[] {
  const { places, byContent } = knownOf(tokens);
  const sections: Section[] = [];
  let plain = 0;
  for (let at = 0; at < text.length;) {
    let longest = at;
    places.each(text, at, (end) => void (longest = end));
    const found = longest > at ? byContent.get(text.slice(at, longest)) : undefined;
    let [start, end] = [at, at + (found?.content.length ?? 1)];
    at = end;
    if (found === undefined || (found.isWord && isWithin(text, start, end))) continue;
    if (found.isLeftStripped) start = Math.max(beforeSpaces(text, start, plain), plain);
    if (found.isRightStripped) end = afterSpaces(text, end);
    if (start > plain) sections.push({ start: plain, end: start });
    if (end > start) sections.push({ start, end, token: found }); // nothing, where one before took its spaces
    plain = end;
  }
  if (plain < text.length) sections.push({ start: plain, end: text.length });
  return sections;
}

/** Tokens by their text; of two alike, the first counts. */
interface Known {
  readonly places: Prefixes;
  readonly byContent: ReadonlyMap<string, AddedToken>;
}

const known = new WeakMap<readonly AddedToken[], Known>();

/** Texts are long, and tokens may be thousands. */
function knownOf(tokens: readonly AddedToken[]): Known {
  const before = known.get(tokens);
  if (before !== undefined) return before;
  const byContent = new Map(tokens.toReversed().map((token) => [token.content, token]));
  const made = { places: new Prefixes(byContent.keys()), byContent };
  known.set(tokens, made);
  return made;
}

/** Whether a stretch is a part of a word. */
function isWithin(text: string, start: number, end: number): boolean {
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]/u;
  const before = Array.from(text.slice(Math.max(start - 2, 0), start)).at(-1) ?? ""; // characters, not units
  const [behind = ""] = text.slice(end, end + 2);
  return word.test(before) || word.test(behind);
}
