import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import type { JsonObject } from "../tokenizer-json.ts";
import { mergeByteTokens } from "./bytes.ts";

/** The text of tokens, as `decoder` of tokenizer.json says. @throws Error for one that the library does not know */
export function decoderOf(json: JsonObject): (tokens: string[]) => string {
  // The library makes decoders for whole tokenizers only; no part of the model takes part.
  const model = { type: "WordPiece", vocab: { "[UNK]": 0 }, unk_token: "[UNK]" };
  const parts = { normalizer: null, pre_tokenizer: null, post_processor: null };
  const own = { decoder: withoutPrefix(json["decoder"]), model };
  const { decoder } = new HuggingFaceTokenizer({ ...json, ...parts, ...own }, {});
  if (decoder === null) return (tokens) => tokens.join(" ");
  // The library's decoder of bytes drops byte order marks.
  const hasBytes = JSON.stringify(json["decoder"]).includes('"ByteFallback"');
  return (tokens) => decoder(hasBytes ? mergeByteTokens(tokens) : tokens);
}

/** The library always takes a space from the front, also where none was put there. */
function withoutPrefix(config: unknown): unknown {
  if (typeof config !== "object" || config === null) return config;
  const fields = config as JsonObject; // an object of a JSON file
  const { decoders, replacement, prepend_scheme: scheme, add_prefix_space: isPrefixed } = fields;
  if (Array.isArray(decoders)) return { ...fields, decoders: decoders.map(withoutPrefix) };
  const hasNone = scheme === "never" || (scheme === undefined && isPrefixed === false);
  if (fields["type"] !== "Metaspace" || !hasNone) return config;
  return { type: "Replace", pattern: { String: replacement }, content: " " };
}
