import { type JsonObject, tokenText } from "../tokenizer-json.ts";
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
import { patternOf } from "./pattern.ts";
import { precompiled } from "./precompiled.ts";

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
    const text = tokenText(config["prepend"]) ?? "";
    return (from) => prependAligned(from, text);
  },
  Replace: (config) => {
    const pattern = patternOf(config["pattern"]);
    const content = tokenText(config["content"]) ?? "";
    return (from) => replaceAligned(from, pattern, content);
  },
  Sequence: (config) => {
    const { normalizers } = config;
    if (!Array.isArray(normalizers)) throw new TypeError('"normalizers" is not a list');
    const steps = normalizers.map(normalizerOf);
    return (from) => steps.reduce((text, step) => step(text), from);
  },
  Strip: (config) => (from) => strip(from, config["strip_left"] === true, config["strip_right"] === true),
  StripAccents: () => (from) =>
    rewriteAligned(from, (character) => (/\p{M}/u.test(character) ? "" : character)),
};

/** What `normalizer` of a tokenizer.json does. @throws TypeError for one that is not known */
export function normalizerOf(config: unknown): Normalizer {
  if (config === null || config === undefined) return (from) => from;
  const fields = config as JsonObject; // an object of a JSON file, or it has no type
  const type = String(fields["type"]);
  const make = Object.hasOwn(NORMALIZERS, type) ? NORMALIZERS[type] : undefined;
  if (make === undefined)
    throw new TypeError(
      `"normalizer" is ${JSON.stringify(type)}, not one of ${Object.keys(NORMALIZERS).join(", ")}`,
    );
  return make(fields);
}

/** Character by character: no letter looks at those around it, as JavaScript's sigma would. */
function lowercase(from: Aligned): Aligned {
  return rewriteAligned(from, (character) => character.toLowerCase());
}

function strip(from: Aligned, isLeft: boolean, isRight: boolean): Aligned {
  const start = isLeft ? from.text.length - from.text.replace(/^\p{White_Space}+/u, "").length : 0;
  const end = isRight ? from.text.replace(/\p{White_Space}+$/u, "").length : from.text.length;
  return sliceAligned(from, start, Math.max(start, end));
}

/** @see Devlin et al., BERT, 2019: `BasicTokenizer`. */
function bert(config: JsonObject): Normalizer {
  const isLower = config["lowercase"] !== false;
  const isBare = config["strip_accents"] ?? isLower;
  return (from) => {
    let text = from;
    if (config["clean_text"] !== false) text = rewriteAligned(text, clean);
    if (config["handle_chinese_chars"] !== false) text = rewriteAligned(text, apart);
    if (isBare === true) {
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
