import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import type { JsonObject } from "../tokenizer-json.ts";
import { mergeByteTokens } from "./bytes.ts";

/** The text of tokens, as `decoder` of tokenizer.json says. @throws Error for one that the library does not know */
export function decoderOf(json: JsonObject): (tokens: string[]) => string {
  // The library makes decoders for whole tokenizers only; no part of the model takes part.
  const model = { type: "WordPiece", vocab: { "[UNK]": 0 }, unk_token: "[UNK]" };
  const parts = { normalizer: null, pre_tokenizer: null, post_processor: null };
  const own = { decoder: withoutMetaspace(json["decoder"]), model };
  const { decoder } = new HuggingFaceTokenizer({ ...json, ...parts, ...own }, {});
  if (decoder === null) return (tokens) => tokens.join(" ");
  // The library's decoder of bytes drops byte order marks.
  const hasBytes = JSON.stringify(json["decoder"]).includes('"ByteFallback"');
  const marks = prefixMarks(json["decoder"]);
  return (tokens) => {
    const [first = "", ...rest] = hasBytes ? mergeByteTokens(tokens) : tokens;
    return decoder([marks.reduce((text, mark) => text.replaceAll(mark, ""), first), ...rest]);
  };
}

/** Marks of spaces as spaces: the library takes a space from the front whether it was a mark or not. */
function withoutMetaspace(config: unknown): unknown {
  const { decoders, replacement, type } = asFields(config);
  if (Array.isArray(decoders)) return { ...asFields(config), decoders: decoders.map(withoutMetaspace) };
  if (type !== "Metaspace") return config;
  return { type: "Replace", pattern: { String: replacement ?? MARK }, content: " " };
}

/** Marks of spaces that the first token is without, where one was put before the text. */
function prefixMarks(config: unknown): string[] {
  const {
    decoders,
    type,
    replacement,
    prepend_scheme: scheme,
    add_prefix_space: isPrefixed,
  } = asFields(config);
  if (Array.isArray(decoders)) return decoders.flatMap(prefixMarks);
  const hasNone = scheme === "never" || (scheme === undefined && isPrefixed === false);
  return type !== "Metaspace" || hasNone ? [] : [typeof replacement === "string" ? replacement : MARK];
}

/** What stands for a space unless a file says otherwise. */
const MARK = "\u2581";

function asFields(config: unknown): JsonObject {
  return typeof config === "object" && config !== null ? (config as JsonObject) : {}; // an object of a JSON file
}
