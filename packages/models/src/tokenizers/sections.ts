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

/** Added tokens of a tokenizer.json. */
export function addedTokens(list: unknown): AddedToken[] {
  if (!Array.isArray(list)) return [];
  return list.map((each: Record<string, unknown>) => ({
    id: Number(each["id"]),
    content: String(each["content"]),
    isLeftStripped: each["lstrip"] === true,
    isRightStripped: each["rstrip"] === true,
    isWord: each["single_word"] === true,
    // As Hugging Face has it: what is not special is normalized, unless it says otherwise.
    isNormalized: (each["normalized"] ?? each["special"] !== true) === true,
    isSpecial: each["special"] === true,
  }));
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
    if (found.isLeftStripped)
      start = plain + text.slice(plain, start).replace(/\p{White_Space}+$/u, "").length;
    if (found.isRightStripped) end = text.length - text.slice(end).replace(/^\p{White_Space}+/u, "").length;
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
  const word = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u200C\u200D]`;
  return (
    new RegExp(`${word}$`, "u").test(text.slice(0, start)) ||
    new RegExp(`^${word}`, "u").test(text.slice(end))
  );
}
