import { BYTE_CHARACTERS } from "./bytes.ts";
import type { Span } from "./aligned.ts";
import type { PlacedToken } from "./model.ts";
import type { Part, PostProcessor } from "./post-processors.ts";
import { afterSpaces, beforeSpaces } from "./spaces.ts";

/** How byte-level tokens write a space. */
const BYTE_SPACE = BYTE_CHARACTERS[32] ?? " ";

/** A token of an encoded text or pair. */
export interface EncodedToken extends PlacedToken {
  /** Whether the tokenizer added it. */
  readonly isAdded: boolean;
  readonly typeId: number;
  /** 0 for the text, 1 for its pair, `null` for what the tokenizer added. */
  readonly sequence: 0 | 1 | null;
}

/** A text and its pair, if there is one. */
export interface Sequences {
  readonly a: readonly PlacedToken[];
  readonly b: readonly PlacedToken[] | undefined;
  /** What they are tokens of. */
  readonly texts: readonly [a: string, b?: string | undefined];
}

/** Puts together text, pair and the tokens that the tokenizer adds, as the post-processors of tokenizer.json say. */
export function postProcess(
  steps: readonly PostProcessor[],
  given: Sequences,
  addSpecialTokens: boolean,
): EncodedToken[] {
  const sequences = steps.reduce((each, step) => trimmed(step, each), given);
  return partsOf(steps, given.b !== undefined, addSpecialTokens).flatMap((part): EncodedToken[] => {
    const { typeId } = part;
    if ("token" in part)
      return [{ id: part.id, token: part.token, span: [0, 0], isAdded: true, typeId, sequence: null }];
    const tokens = part.sequence === "B" ? (sequences.b ?? []) : sequences.a;
    const sequence = part.sequence === "B" ? 1 : 0;
    return tokens.map((each) => ({ ...each, isAdded: false, typeId, sequence }));
  });
}

/** What the last of the steps that add something says. */
function partsOf(
  steps: readonly PostProcessor[],
  isPair: boolean,
  addSpecialTokens: boolean,
): readonly Part[] {
  const adding = addSpecialTokens ? steps.findLast((step) => step.single !== undefined) : undefined;
  const parts = isPair ? adding?.pair : adding?.single;
  if (parts !== undefined) return parts;
  const a: Part = { sequence: "A", typeId: 0 };
  const isOneSegment = steps.some((step) => step.isOneSegment === true);
  return isPair ? [a, { sequence: "B", typeId: isOneSegment ? 0 : 1 }] : [a];
}

/** Byte-level tokens hold the space before them; some tokenizers leave it out of the offsets. */
function trimmed({ trims }: PostProcessor, sequences: Sequences): Sequences {
  if (trims === undefined) return sequences;
  const { isPrefixed } = trims;
  const { a, b, texts } = sequences;
  const trim = (tokens: readonly PlacedToken[], text = ""): PlacedToken[] =>
    tokens.map(({ id, token, span }, i) => ({
      id,
      token,
      span: trimSpan(token, span, isPrefixed && (i === 0 || span[0] === 0), text),
    }));
  return { a: trim(a, texts[0]), b: b === undefined ? undefined : trim(b, texts[1]), texts };
}

function trimSpan(token: string, span: Span, isFirst: boolean, text: string): Span {
  const spaced = token.replaceAll(BYTE_SPACE, " ");
  const leading = afterSpaces(spaced, 0);
  const trailing = token.length - beforeSpaces(spaced, token.length, 0);
  let [start, end] = span;
  // One space in front may be the one that was put there; of several, all are the text's own.
  const isAdded = isFirst && leading === 1;
  if (leading === token.length) return isAdded ? [start, start] : [end, end];
  if (!isAdded) start = Math.min(start + leading, end);
  // A space that was put before a character stands for all of it.
  if (leading > 0 && isTail(text, start)) start++;
  if (trailing > 0 && end >= trailing) end = Math.max(end - trailing, start);
  return [start, end];
}

/** Whether a place is within a character. */
function isTail(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit < 0xe000;
}
