import type { Aligned } from "./aligned.ts";

/** A token that stands in texts as it is, from `added_tokens` of tokenizer.json. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether it takes the space before, or behind it. */
  readonly isLeftStripped: boolean;
  readonly isRightStripped: boolean;
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
    // As Hugging Face has it: what is not special is normalized, unless it says otherwise.
    isNormalized: (each["normalized"] ?? each["special"] !== true) === true,
    isSpecial: each["special"] === true,
  }));
}

/** A text cut at tokens, the longest where several begin. `contentOf` says as what each stands there. */
export function splitSections(
  text: Aligned["text"],
  tokens: readonly AddedToken[],
  contentOf: (token: AddedToken) => string = (token) => token.content,
): Section[] {
  const known = tokens
    .map((token) => ({ token, content: contentOf(token) }))
    .filter(({ content }) => content !== "")
    .sort((a, b) => b.content.length - a.content.length);
  const sections: Section[] = [];
  let plain = 0;
  for (let at = 0; at < text.length;) {
    const found = known.find(({ content }) => text.startsWith(content, at));
    if (found === undefined) {
      at++;
      continue;
    }
    let [start, end] = [at, at + found.content.length];
    if (found.token.isLeftStripped)
      start = plain + text.slice(plain, start).replace(/\p{White_Space}+$/u, "").length;
    if (found.token.isRightStripped)
      end = text.length - text.slice(end).replace(/^\p{White_Space}+/u, "").length;
    if (start > plain) sections.push({ start: plain, end: start });
    sections.push({ start, end, token: found.token });
    at = plain = end;
  }
  if (plain < text.length) sections.push({ start: plain, end: text.length });
  return sections;
}
