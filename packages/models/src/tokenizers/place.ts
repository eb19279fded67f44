import { encodeUtf8 } from "@hookdict/tensordict/io";
import { type Aligned, type Span, spanOf } from "./aligned.ts";
import { byteOf, byteTokens } from "./bytes.ts";

/** A token of a text. */
export interface PlacedToken {
  /** `undefined` where the vocabulary has no such token. */
  readonly id: number | undefined;
  readonly token: string;
  readonly span: Span;
}

/** What placing tokens needs to know of a model. */
export interface PlaceOptions {
  /** What begins a token that goes on with a word, where the model marks it. */
  readonly continuing: string | undefined;
  /** Whether the model lets bytes stand for what it does not know. */
  readonly hasByteFallback: boolean;
  idOf(token: string): number | undefined;
}

/** Says of each token of a piece where in the text it stands. The piece lies in `stream` at `start` to `end`. */
export function placeTokens(
  tokens: readonly string[],
  stream: Aligned,
  start: number,
  end: number,
  options: PlaceOptions,
): PlacedToken[] {
  const placed: PlacedToken[] = [];
  let at = start;
  let bytesLeft = 0;
  for (const [i, token] of tokens.entries()) {
    const { continuing } = options;
    const isMarked = i > 0 && continuing !== undefined && token.startsWith(continuing);
    const text = isMarked ? token.slice(continuing.length) : token;
    if (text !== "" && stream.text.startsWith(text, at) && at + text.length <= end) {
      const span = spanOf(stream, at, at + text.length);
      placed.push(...spelled(token, span, options));
      at += text.length;
      continue;
    }
    // A byte of one character, or an unknown one; alone it is all of the piece.
    const character = String.fromCodePoint(stream.text.codePointAt(at) ?? 0);
    const isByte = byteOf(token) !== undefined;
    if (isByte && bytesLeft === 0) bytesLeft = encodeUtf8(character).length;
    const width = tokens.length === 1 ? end - at : character.length;
    placed.push({ id: options.idOf(token), token, span: spanOf(stream, at, at + width) });
    if (isByte) bytesLeft--;
    if (bytesLeft === 0) at = Math.min(at + width, end);
  }
  return placed;
}

/** The token, or, where the model does not know it and has bytes, those of its text. */
function spelled(token: string, span: Span, options: PlaceOptions): PlacedToken[] {
  const id = options.idOf(token);
  const whole = [{ id, token, span }];
  if (!options.hasByteFallback || id !== undefined) return whole;
  const bytes = byteTokens(token).map((each) => ({ id: options.idOf(each), token: each, span }));
  return bytes.every((each) => each.id !== undefined) ? bytes : whole;
}
