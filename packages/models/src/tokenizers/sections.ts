import type { JsonObject } from "../tokenizer-json.ts";
import { flagIn } from "./fields.ts";
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
  const known = byFirst(tokens);
  const sections: Section[] = [];
  let plain = 0;
  for (let at = 0; at < text.length;) {
    const found = known.get(text.charCodeAt(at))?.find(({ content }) => text.startsWith(content, at));
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

const sorted = new WeakMap<readonly AddedToken[], ReadonlyMap<number, readonly AddedToken[]>>();

/** Tokens by their first unit, the longest first: texts are long, and tokens may be hundreds. */
function byFirst(tokens: readonly AddedToken[]): ReadonlyMap<number, readonly AddedToken[]> {
  const known = sorted.get(tokens);
  if (known !== undefined) return known;
  const all = new Map<number, AddedToken[]>();
  for (const token of tokens.toSorted((a, b) => b.content.length - a.content.length)) {
    if (token.content === "") continue;
    const first = token.content.charCodeAt(0);
    all.set(first, [...(all.get(first) ?? []), token]);
  }
  sorted.set(tokens, all);
  return all;
}

/** Whether a stretch is a part of a word. */
function isWithin(text: string, start: number, end: number): boolean {
  const word = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]/u;
  const before = Array.from(text.slice(Math.max(start - 2, 0), start)).at(-1) ?? ""; // characters, not units
  const [behind = ""] = text.slice(end, end + 2);
  return word.test(before) || word.test(behind);
}
