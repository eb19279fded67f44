import type { JsonObject } from "../../tokenizer-json.ts";
import { type Aligned, spanOf } from "../aligned.ts";
import { byteTokens } from "../bytes.ts";
import { flagIn } from "../fields.ts";
import type { IdOf, Model, PlacedToken } from "../model.ts";
import { Prefixes } from "./prefixes.ts";

/** How much less likely than the least likely token an unknown character is. */
const UNKNOWN_PENALTY = 10;

/** The best way to a place in a piece. */
interface Step {
  score: number;
  start: number;
  isKnown: boolean;
}

/**
 * The most likely sequence of tokens: Viterbi's path over all that a piece can be cut into. Unknown characters that follow
 * each other are one token.
 *
 * @see Kudo, Subword Regularization, 2018.
 */
export function unigram(config: JsonObject, idOf: IdOf): Model {
  const list = (config["vocab"] ?? []) as readonly (readonly [string, number])[]; // checked when the file was read
  const scores = new Map(list);
  const hasBytes = flagIn(config, "byte_fallback", false);
  const least = list.reduce((smallest, [, score]) => Math.min(smallest, score), list[0]?.[1] ?? 0);
  const unknown = list[Number(config["unk_id"] ?? -1)]?.[0];
  let tokens: Prefixes | undefined; // sorted when the first text is cut
  return (piece) => {
    const model = (tokens ??= new Prefixes(scores.keys()));
    return pathThrough(piece.text, model, scores, least - UNKNOWN_PENALTY, unknown).flatMap((part) =>
      placed(piece, part, hasBytes, idOf),
    );
  };
}

/** A stretch of a piece that is one token. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly isKnown: boolean;
}

function pathThrough(
  text: string,
  tokens: Prefixes,
  scores: ReadonlyMap<string, number>,
  unknownScore: number,
  unknown: string | undefined,
): Part[] {
  const best: (Step | undefined)[] = Array.from({ length: text.length + 1 });
  best[0] = { score: 0, start: 0, isKnown: true };
  for (let start = 0; start < text.length;) {
    const here = best[start]?.score ?? 0;
    const width = String.fromCodePoint(text.codePointAt(start) ?? 0).length;
    let isKnown = false;
    tokens.each(text, start, (end) => {
      if (end === start + width) isKnown = true;
      const token = text.slice(start, end);
      reach(best, end, { score: here + (scores.get(token) ?? 0), start, isKnown: token !== unknown });
    });
    if (!isKnown) reach(best, start + width, { score: here + unknownScore, start, isKnown: false });
    start += width;
  }
  const parts: Part[] = [];
  for (let end = text.length; end > 0;) {
    const step = best[end] ?? { start: end - 1, isKnown: false };
    const last = parts.at(-1);
    if (!step.isKnown && last?.isKnown === false) parts[parts.length - 1] = { ...last, start: step.start };
    else parts.push({ start: step.start, end, isKnown: step.isKnown });
    end = step.start;
  }
  return parts.toReversed();
}

function reach(best: (Step | undefined)[], end: number, step: Step): void {
  const known = best[end];
  if (known === undefined || step.score > known.score) best[end] = step;
}

/** A part as its token, or as the tokens of its bytes. */
function placed(piece: Aligned, { start, end }: Part, hasBytes: boolean, idOf: IdOf): PlacedToken[] {
  const token = piece.text.slice(start, end);
  const span = spanOf(piece, start, end);
  const id = idOf(token);
  if (id !== undefined || !hasBytes) return [{ id, token, span }];
  const bytes = byteTokens(token).map((each) => ({ id: idOf(each), token: each, span }));
  return bytes.every((each) => each.id !== undefined) ? bytes : [{ id, token, span }];
}
