import type { JsonObject } from "../tokenizer-json.ts";
import { BYTE_CHARACTERS } from "./bytes.ts";
import type { Span } from "./aligned.ts";
import type { PlacedToken } from "./model.ts";

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

/** One thing of a template. */
interface Part {
  readonly special?: string;
  readonly sequence?: "A" | "B";
  readonly typeId: number;
}

const POST_PROCESSORS = [
  "TemplateProcessing",
  "BertProcessing",
  "RobertaProcessing",
  "ByteLevel",
  "Sequence",
];

/** @throws TypeError for a `post_processor` of tokenizer.json that is not known */
export function checkPostProcessor(config: unknown): void {
  const bad = flatten(config).find((step) => !POST_PROCESSORS.includes(String(step["type"])));
  if (bad === undefined) return;
  const type = JSON.stringify(bad["type"]);
  throw new TypeError(`"post_processor" is ${type}, not one of ${POST_PROCESSORS.join(", ")}`);
}

/** Puts together text, pair and the tokens that the tokenizer adds, as `post_processor` of tokenizer.json says. */
export function postProcess(
  config: unknown,
  given: Sequences,
  addSpecialTokens: boolean,
  idOf: (token: string) => number | undefined,
): EncodedToken[] {
  const steps = flatten(config);
  const sequences = steps.reduce((each, step) => trimmed(step, each), given);
  const template = addSpecialTokens ? steps.map((step) => templateOf(step, given.b !== undefined)) : [];
  const parts = template.findLast((each) => each !== undefined) ?? plain(steps, given.b !== undefined);
  return parts.flatMap(({ special, sequence, typeId }): EncodedToken[] => {
    if (special !== undefined) {
      return [{ id: idOf(special), token: special, span: [0, 0], isAdded: true, typeId, sequence: null }];
    }
    const tokens = sequence === "B" ? (sequences.b ?? []) : sequences.a;
    return tokens.map((each) => ({ ...each, isAdded: false, typeId, sequence: sequence === "B" ? 1 : 0 }));
  });
}

function plain(steps: readonly JsonObject[], isPair: boolean): Part[] {
  const isRoberta = steps.some((step) => step["type"] === "RobertaProcessing");
  const a: Part = { sequence: "A", typeId: 0 };
  return isPair ? [a, { sequence: "B", typeId: isRoberta ? 0 : 1 }] : [a];
}

function templateOf(step: JsonObject, isPair: boolean): Part[] | undefined {
  const [cls, sep] = [textOf(step["cls"]), textOf(step["sep"])];
  const a: Part = { sequence: "A", typeId: 0 };
  const zero = (special: string): Part => ({ special, typeId: 0 });
  switch (step["type"]) {
    case "TemplateProcessing":
      return partsOf(step[isPair ? "pair" : "single"], step["special_tokens"]);
    case "BertProcessing": {
      const pair: Part[] = [
        { sequence: "B", typeId: 1 },
        { special: sep, typeId: 1 },
      ];
      return [zero(cls), a, zero(sep), ...(isPair ? pair : [])];
    }
    case "RobertaProcessing": {
      const pair: Part[] = [zero(sep), { sequence: "B", typeId: 0 }, zero(sep)];
      return [zero(cls), a, zero(sep), ...(isPair ? pair : [])];
    }
    default:
      return undefined;
  }
}

function partsOf(list: unknown, specials: unknown): Part[] {
  if (!Array.isArray(list)) return [];
  const known = (specials ?? {}) as Record<string, { tokens?: string[] }>; // an object of tokenizer.json
  return list.flatMap((each: Record<string, { id: string; type_id: number }>): Part[] => {
    const { SpecialToken: special, Sequence: sequence } = each;
    if (special !== undefined) {
      const tokens = known[special.id]?.tokens ?? [special.id];
      return tokens.map((token) => ({ special: token, typeId: special.type_id }));
    }
    return [{ sequence: sequence?.id === "B" ? "B" : "A", typeId: sequence?.type_id ?? 0 }];
  });
}

/** Byte-level tokens hold the space before them; some tokenizers leave it out of the offsets. */
function trimmed(step: JsonObject, sequences: Sequences): Sequences {
  const isTrimming = /^(RobertaProcessing|ByteLevel)$/.test(String(step["type"]));
  if (!isTrimming || step["trim_offsets"] !== true) return sequences;
  const isPrefixed = step["add_prefix_space"] === true;
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
  const space = String.raw`[${BYTE_CHARACTERS[32]}\p{White_Space}]*`;
  const leading = new RegExp(`^${space}`, "u").exec(token)?.[0].length ?? 0;
  const trailing = new RegExp(`${space}$`, "u").exec(token)?.[0].length ?? 0;
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

function textOf(pair: unknown): string {
  return Array.isArray(pair) ? String(pair[0]) : "";
}

function flatten(config: unknown): JsonObject[] {
  if (typeof config !== "object" || config === null) return [];
  const fields = config as JsonObject; // an object of a JSON file
  const { processors } = fields as { processors?: unknown };
  return Array.isArray(processors) ? processors.flatMap((each) => flatten(each)) : [fields];
}
