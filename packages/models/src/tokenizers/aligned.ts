/** A half-open stretch of a text, in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/** A text made from another, that knows where each of its units comes from. */
export interface Aligned {
  readonly text: string;
  /** For each UTF-16 unit of `text`, the stretch of the original that it stands for. */
  readonly spans: readonly Span[];
}

/** A stretch of a text as it is; each code point is one whole. */
export function alignedSlice(text: string, start: number, end: number): Aligned {
  const spans: Span[] = [];
  for (let at = start; at < end;) {
    const width = String.fromCodePoint(text.codePointAt(at) ?? 0).length;
    for (let unit = 0; unit < width; unit++) spans.push([at, at + width]);
    at += width;
  }
  return { text: text.slice(start, end), spans };
}

/** The text with each stretch that `pattern` finds replaced; what stands there instead comes from its last unit. */
export function replaceAligned(from: Aligned, pattern: RegExp, content: string): Aligned {
  const parts: Aligned[] = [];
  let at = 0;
  for (const match of from.text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    parts.push(sliceAligned(from, at, match.index));
    const span = from.spans[Math.max(end - 1, 0)] ?? [0, 0];
    parts.push({ text: content, spans: Array.from({ length: content.length }, () => span) });
    at = end;
  }
  return joinAligned([...parts, sliceAligned(from, at, from.text.length)]);
}

/** Each character as what becomes of it, which stands for that character; nothing where it is to go. */
export function rewriteAligned(from: Aligned, change: (character: string) => string): Aligned {
  const spans: Span[] = [];
  let text = "";
  let at = 0;
  for (const character of from.text) {
    const made = change(character);
    const span = from.spans[at] ?? ([0, 0] as const);
    for (let unit = 0; unit < made.length; unit++) spans.push(span);
    text += made;
    at += character.length;
  }
  return { text, spans };
}

/** A text in front, that comes from what was first. */
export function prependAligned(from: Aligned, content: string): Aligned {
  const span = from.spans[0];
  if (span === undefined || content === "") return from;
  return joinAligned([{ text: content, spans: Array.from({ length: content.length }, () => span) }, from]);
}

/**
 * A text in one of Unicode's composed forms: what is composed of several characters stands for the first of them that does
 * not come from the character before.
 *
 * @see Unicode Standard Annex 15.
 */
export function composeAligned(from: Aligned, form: "NFC" | "NFKC"): Aligned {
  const decomposed: { readonly span: Span; readonly isFirst: boolean }[] = [];
  for (let at = 0; at < from.text.length;) {
    const character = String.fromCodePoint(from.text.codePointAt(at) ?? 0);
    const span = spanOf(from, at, at + character.length);
    const parts = [...character.normalize(form === "NFC" ? "NFD" : "NFKD")];
    decomposed.push(...parts.map((_, part) => ({ span, isFirst: part === 0 })));
    at += character.length;
  }
  const text = from.text.normalize(form);
  const composed: Span[] = [];
  let at = 0;
  for (const character of text) {
    const parts = decomposed.slice(at, at + [...character.normalize("NFD")].length);
    const span = (parts.find(({ isFirst }) => isFirst) ?? parts[0])?.span ?? [0, 0];
    for (let unit = 0; unit < character.length; unit++) composed.push(span);
    at += parts.length;
  }
  return { text, spans: composed };
}

/** A text in one of Unicode's decomposed forms: all that a character is taken apart into stands for it. */
export function decomposeAligned(from: Aligned, form: "NFD" | "NFKD"): Aligned {
  const apart = rewriteAligned(from, (character) => character.normalize(form));
  const text = from.text.normalize(form);
  if (apart.text === text) return apart;
  // Marks have changed places; what stands where they stood stays.
  const places: Span[] = [];
  for (let at = 0; at < apart.text.length;) {
    places.push(apart.spans[at] ?? [0, 0]);
    at += String.fromCodePoint(apart.text.codePointAt(at) ?? 0).length;
  }
  const spans = [...text].flatMap((character, i) =>
    Array.from({ length: character.length }, () => places[i] ?? ([0, 0] as const)),
  );
  return { text, spans };
}

export function sliceAligned(from: Aligned, start: number, end: number): Aligned {
  return { text: from.text.slice(start, end), spans: from.spans.slice(start, end) };
}

/** The stretch of the original that units `start` to `end` come from. */
export function spanOf(from: Aligned, start: number, end: number): Span {
  const first = from.spans[start] ?? [0, 0];
  return [first[0], (from.spans[Math.max(end - 1, start)] ?? first)[1]];
}

export function joinAligned(parts: readonly Aligned[]): Aligned {
  return { text: parts.map((part) => part.text).join(""), spans: parts.flatMap((part) => part.spans) };
}
