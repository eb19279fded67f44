import { argumentInvalid, checkArgument } from "@hookdict/tensordict";
import type { Span } from "./aligned.ts";
import type { Encoding } from "./encoding.ts";

/** A named stretch of a text, in UTF-16 units, the end not included. */
export interface NamedSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A place in a text, as the tokens have it. */
export interface TokenPosition {
  readonly token: number;
  /** Whether the place is inside of the token; otherwise the token is the nearest one. */
  readonly isExact: boolean;
}

/**
 * The token in which a unit of the text stands; `undefined` when it stands in none, as the space between words may.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const encoding = model.tokenizer.encode("When Mary and John");
 * tokenAt(encoding, "When Mary and John".indexOf("Mary")); // => 1
 */
export function tokenAt(encoding: Encoding, unit: number, sequence: 0 | 1 = 0): number | undefined {
  checkEncoding("tokenAt", encoding);
  checkArgument("tokenAt", "unit", unit, "a whole number, 0 or more");
  const found = places(encoding, sequence).find(({ span }) => span[0] <= unit && unit < span[1]);
  return found?.token;
}

/**
 * The token in which a unit of the text stands, or else the nearest one; `undefined` when there are no tokens.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * nearestToken(model.tokenizer.encode("When Mary"), 4); // => { token: 0, isExact: false }
 */
export function nearestToken(
  encoding: Encoding,
  unit: number,
  sequence: 0 | 1 = 0,
): TokenPosition | undefined {
  checkEncoding("nearestToken", encoding);
  checkArgument("nearestToken", "unit", unit, "a whole number, 0 or more");
  const exact = tokenAt(encoding, unit, sequence);
  if (exact !== undefined) return { token: exact, isExact: true };
  let best: { token: number; distance: number } | undefined;
  for (const { token, span } of places(encoding, sequence)) {
    const distance = unit < span[0] ? span[0] - unit : unit - span[1] + 1;
    if (best === undefined || distance < best.distance) best = { token, distance };
  }
  return best === undefined ? undefined : { token: best.token, isExact: false };
}

/** The first token that begins at a unit of the text, or after it. */
export function firstTokenFrom(encoding: Encoding, unit: number, sequence: 0 | 1 = 0): number | undefined {
  checkEncoding("firstTokenFrom", encoding);
  checkArgument("firstTokenFrom", "unit", unit, "a whole number, 0 or more");
  return places(encoding, sequence).find(({ span }) => span[0] >= unit)?.token;
}

/**
 * All tokens that have something of a stretch of the text, its end not included.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * tokensIn(model.tokenizer.encode("When Mary and John"), 5, 13); // => [1, 2]
 */
export function tokensIn(encoding: Encoding, start: number, end: number, sequence: 0 | 1 = 0): number[] {
  checkEncoding("tokensIn", encoding);
  checkArgument("tokensIn", "start", start, "a finite number");
  checkArgument("tokensIn", "end", end, "a finite number");
  return places(encoding, sequence)
    .filter(({ span }) => span[0] < end && span[1] > start)
    .map(({ token }) => token);
}

/** Where a token stands in its text; `undefined` for one that the tokenizer added. */
export function spanOfToken(encoding: Encoding, token: number): Span | undefined {
  checkEncoding("spanOfToken", encoding);
  checkArgument("spanOfToken", "token", token, "a whole number, 0 or more");
  return encoding.sequenceIds[token] === null ? undefined : encoding.offsets[token];
}

/**
 * The name of the first stretch that each token has something of, and `"other"` for tokens of none.
 *
 * @example
 * using model = await GPT2.fromPretrained("./ioi-tiny");
 * const encoding = model.tokenizer.encode("When Mary and John");
 * labelTokens(encoding, [{ name: "subject", start: 5, end: 9 }]); // => ["other", "subject", "other", "other"]
 */
export function labelTokens(encoding: Encoding, spans: readonly NamedSpan[], sequence: 0 | 1 = 0): string[] {
  checkEncoding("labelTokens", encoding);
  checkArgument("labelTokens", "spans", spans, "a list");
  for (const span of spans) checkArgument("labelTokens", "a span", span, "a record");
  const labels = encoding.ids.map(() => "other");
  for (const { name, start, end } of [...spans].reverse()) {
    for (const token of tokensIn(encoding, start, end, sequence)) labels[token] = name;
  }
  return labels;
}

/** @throws UsageError `ARGUMENT_INVALID` for what plain JavaScript may give in place of an encoding */
function checkEncoding(owner: string, encoding: Encoding): void {
  const { ids, offsets, sequenceIds } = (encoding as Partial<Encoding> | null | undefined) ?? {};
  const areSpans = Array.isArray(offsets) && (offsets as readonly unknown[]).every(Array.isArray);
  if (!Array.isArray(ids) || !Array.isArray(sequenceIds) || !areSpans)
    throw argumentInvalid(owner, "encoding", encoding, "what tokenizer.encode gives");
}

function places(encoding: Encoding, sequence: 0 | 1): { readonly token: number; readonly span: Span }[] {
  return encoding.offsets.flatMap((span, token) =>
    encoding.sequenceIds[token] === sequence && span[1] > span[0] ? [{ token, span }] : [],
  );
}
