import type { JsonObject } from "../tokenizer-json.ts";
import {
  type Aligned,
  composeAligned,
  decomposeAligned,
  prependAligned,
  replaceAligned,
  rewriteAligned,
  sliceAligned,
} from "./aligned.ts";
import { asBytes } from "./bytes.ts";
import { flagIn, listIn, makerOf, textIn } from "./fields.ts";
import { patternOf } from "./pattern.ts";
import { precompiled } from "./precompiled.ts";
import { afterSpaces, beforeSpaces } from "./spaces.ts";

/** Changes a text, and keeps where each unit of it comes from. */
export type Normalizer = (from: Aligned) => Aligned;

/** By their type in tokenizer.json: each is made once, of its part of the file, and throws where that cannot be. */
const NORMALIZERS: Readonly<Record<string, (config: JsonObject) => Normalizer>> = {
  BertNormalizer: bert,
  ByteLevel: () => asBytes,
  Lowercase: () => lowercase,
  NFC: () => (from) => composeAligned(from, "NFC"),
  NFD: () => (from) => decomposeAligned(from, "NFD"),
  NFKC: () => (from) => composeAligned(from, "NFKC"),
  NFKD: () => (from) => decomposeAligned(from, "NFKD"),
  Nmt: () => (from) => rewriteAligned(from, nmt),
  Precompiled: (config) => precompiled(config["precompiled_charsmap"]),
  Prepend: (config) => {
    const text = textIn(config, "prepend", "");
    return (from) => prependAligned(from, text);
  },
  Replace: (config) => {
    const pattern = patternOf(config["pattern"]);
    const content = textIn(config, "content", "");
    return (from) => replaceAligned(from, pattern, content);
  },
  Sequence: (config) => {
    const steps = listIn(config, "normalizers").map(stepOf);
    return (from) => steps.reduce((text, step) => step(text), from);
  },
  Strip: (config) => {
    const [isLeft, isRight] = [flagIn(config, "strip_left", false), flagIn(config, "strip_right", false)];
    return (from) => strip(from, isLeft, isRight);
  },
  StripAccents: () => (from) =>
    rewriteAligned(from, (character) => (/\p{M}/u.test(character) ? "" : character)),
};

/** What `normalizer` of a tokenizer.json does. @throws TypeError for one that is not known */
export function normalizerOf(config: unknown): Normalizer {
  if (config === null || config === undefined) return (from) => from;
  return stepOf(config);
}

function stepOf(config: unknown): Normalizer {
  const { make, fields } = makerOf(NORMALIZERS, config, "normalizer");
  return make(fields);
}

/** Character by character: no letter looks at those around it, as JavaScript's sigma would. */
function lowercase(from: Aligned): Aligned {
  return rewriteAligned(from, (character) => character.toLowerCase());
}

function strip(from: Aligned, isLeft: boolean, isRight: boolean): Aligned {
  const start = isLeft ? afterSpaces(from.text, 0) : 0;
  const end = isRight ? beforeSpaces(from.text, from.text.length, start) : from.text.length;
  return sliceAligned(from, start, end);
}

/** @see Devlin et al., BERT, 2019: `BasicTokenizer`. */
function bert(config: JsonObject): Normalizer {
  const isLower = flagIn(config, "lowercase", true);
  const isBare = flagIn(config, "strip_accents", isLower);
  const isCleaned = flagIn(config, "clean_text", true);
  const isApart = flagIn(config, "handle_chinese_chars", true);
  return (from) => {
    let text = from;
    if (isCleaned) text = rewriteAligned(text, clean);
    if (isApart) text = rewriteAligned(text, apart);
    if (isBare) {
      text = decomposeAligned(text, "NFD");
      text = rewriteAligned(text, (character) => (/\p{Mn}/u.test(character) ? "" : character));
    }
    return isLower ? lowercase(text) : text;
  };
}

function clean(character: string): string {
  if (/[\t\n\r\p{White_Space}]/u.test(character)) return " ";
  return /[\0\uFFFD\p{C}]/u.test(character) ? "" : character;
}

/** Ideographs stand alone. */
function apart(character: string): string {
  return /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/u.test(
    character,
  )
    ? ` ${character} `
    : character;
}

/** SentencePiece's rule of neural machine translation. */
function nmt(character: string): string {
  if (isDropped(character.codePointAt(0) ?? 0)) return "";
  return /[\t\n\f\r\u1680\u200B-\u200F\u2028\u2029\u2581\uFEFF\uFFFD]/u.test(character) ? " " : character;
}

/** Control characters that are not white space. */
function isDropped(code: number): boolean {
  const isLow = code >= 0x01 && code <= 0x1f && ![0x09, 0x0a, 0x0c, 0x0d].includes(code);
  return isLow || code === 0x7f || code === 0x8f || code === 0x9f;
}
