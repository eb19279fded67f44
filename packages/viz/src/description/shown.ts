import { widthOf } from "./width.ts";

const SEGMENTS = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * A text with what cannot be seen made visible: `↵` and `⇥`; control, format, bidirectional, private and unpaired
 * characters by their number, `⟨202e⟩`. What comes out is safe as XML and turns no line around.
 *
 * @example
 * shown("a\nb\u202ec"); // => "a↵b⟨202e⟩c"
 */
export function shown(text: string): string {
  const byte = /^<0x([0-9a-f]{2})>$/i.exec(text)?.[1];
  if (byte !== undefined) return `⟨${byte.toLowerCase()}⟩`;
  return text
    .replaceAll("\r\n", "↵")
    .replaceAll(/[\n\r]/g, "↵")
    .replaceAll("\t", "⇥")
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u2028\u2029\ufffd]/gu, (character) => {
      // The joiner holds emoji together; on its own it is told below by nothing, and harms nothing.
      return character === "\u200d" ? character : `⟨${(character.codePointAt(0) ?? 0).toString(16)}⟩`;
    });
}

/** A token as it is shown by itself: a space before a word tells nothing there. */
export const tokenAlone = (token: string): string => shown(token.replace(/^ (?=\S)/, ""));

/**
 * Tokens as labels. A leading space is shown as `·` where some tokens have one and others, that go on with a word, have
 * none; elsewhere it tells nothing and is left out.
 */
export function shownTokens(labels: readonly string[]): readonly string[] {
  const spaced = labels.some((label) => label.startsWith(" "));
  const joined = labels.some((label, i) => i > 0 && /^[\p{L}\p{N}]/u.test(label));
  return labels.map((label) => {
    const bare = label.startsWith(" ") && label.trim() !== "" ? label.slice(1) : label;
    const mark = bare !== label && spaced && joined ? "·" : "";
    return (
      mark + shown(bare === "" ? "∅" : bare.replaceAll(/^ +| +$/g, (spaces) => "·".repeat(spaces.length)))
    );
  });
}

/** Fewer cells than these do not say what stands at both ends. */
const LEAST = 6;

/** The text in so many cells: whole, or cut in the middle, at the end where there are few, between what is read as one character. */
export function cut(text: string, cells: number): string {
  if (widthOf(text) <= cells) return text;
  if (cells <= 1) return cells < 1 ? "" : "…";
  const enough = cells * 12 + 24; // what is read as one character has a dozen units at the most, but for jokes
  const parts = [...SEGMENTS.segment(text.slice(0, enough))].map(({ segment }) => segment);
  const tail = [...SEGMENTS.segment(text.slice(-enough))].map(({ segment }) => segment).reverse();
  const take = (from: readonly string[], room: number): readonly string[] => {
    const taken: string[] = [];
    for (const part of from) {
      room -= widthOf(part);
      if (room < 0) break;
      taken.push(part);
    }
    return taken;
  };
  const left = take(parts, cells < LEAST ? cells - 1 : Math.ceil((cells - 1) / 2)).join("");
  const right = take(tail, cells - 1 - widthOf(left))
    .toReversed()
    .join("");
  return `${left}…${right}`;
}

/** Cut or filled with spaces to exactly so many cells. */
export function fill(text: string, cells: number, side: "left" | "right" = "right"): string {
  const short = cut(text, cells);
  const spaces = " ".repeat(Math.max(0, cells - widthOf(short)));
  return side === "right" ? short + spaces : spaces + short;
}
