import { encodeUtf8 } from "@hookdict/tensordict/io";
import { type JsonObject, tokenText } from "../tokenizer-json.ts";
import { BYTE_CHARACTERS, mergeByteTokens } from "./bytes.ts";
import { patternOf } from "./pattern.ts";
import { decodeLossily } from "./platform.ts";

/** Makes of tokens the pieces of a text. */
export type Decoder = (tokens: readonly string[]) => readonly string[];

/** By their type in tokenizer.json: each is made once, of its part of the file, and throws where that cannot be. */
const DECODERS: Readonly<Record<string, (config: JsonObject) => Decoder>> = {
  BPEDecoder: (config) => {
    const suffix = tokenText(config["suffix"]) ?? "</w>";
    return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? "" : " "));
  },
  ByteFallback: () => mergeByteTokens,
  ByteLevel: () => (tokens) => [decodeLossily(tokens.flatMap(bytesOf))],
  CTC: ctc,
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: (config) => {
    const space = tokenText(config["replacement"]) ?? "▁";
    const isPrefixed =
      (config["prepend_scheme"] ?? (config["add_prefix_space"] === false ? "never" : "always")) !== "never";
    return (tokens) => tokens.map((token, i) => token.replaceAll(space, i === 0 && isPrefixed ? "" : " "));
  },
  Replace: (config) => {
    const pattern = patternOf(config["pattern"]);
    const content = tokenText(config["content"]) ?? "";
    return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
  },
  Sequence: (config) => {
    const { decoders } = config;
    if (!Array.isArray(decoders)) throw new TypeError('"decoders" is not a list');
    const steps = decoders.map(stepOf);
    return (tokens) => steps.reduce((pieces, step) => step(pieces), tokens);
  },
  Strip: (config) => {
    const content = tokenText(config["content"]) ?? " ";
    const [start, stop] = [Number(config["start"] ?? 0), Number(config["stop"] ?? 0)];
    return (tokens) => tokens.map((token) => stripped(token, content, start, stop));
  },
  WordPiece: (config) => {
    const prefix = tokenText(config["prefix"]) ?? "##";
    const isCleaned = config["cleanup"] !== false;
    return (tokens) =>
      tokens.map((token, i) => {
        const text = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
        return isCleaned ? cleaned(text) : text;
      });
  },
};

/** The text of tokens, as `decoder` of a tokenizer.json says. @throws TypeError for one that is not known */
export function decoderOf(config: unknown): (tokens: readonly string[]) => string {
  if (config === null || config === undefined) return (tokens) => tokens.join(" ");
  const decode = stepOf(config);
  return (tokens) => decode(tokens).join("");
}

function stepOf(config: unknown): Decoder {
  const fields = (config ?? {}) as JsonObject; // an object of a JSON file, or it has no type
  const type = String(fields["type"]);
  const make = Object.hasOwn(DECODERS, type) ? DECODERS[type] : undefined;
  if (make === undefined)
    throw new TypeError(
      `"decoder" is ${JSON.stringify(type)}, not one of ${Object.keys(DECODERS).join(", ")}`,
    );
  return make(fields);
}

/** Frames of speech: what is repeated is one token. */
function ctc(config: JsonObject): Decoder {
  const pad = tokenText(config["pad_token"]) ?? "<pad>";
  const delimiter = tokenText(config["word_delimiter_token"]) ?? "|";
  const isCleaned = config["cleanup"] !== false;
  return (tokens) =>
    tokens
      .filter((token, i) => token !== tokens[i - 1])
      .map((token) => token.replaceAll(pad, ""))
      .map((token) => (isCleaned ? cleaned(token).replaceAll(delimiter, " ") : token))
      .filter((token) => token !== "");
}

const BYTES: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
);

/** The bytes that a byte-level token stands for; its own where it is none. */
function bytesOf(token: string): number[] {
  const bytes = Array.from(token, (character) => BYTES.get(character));
  return bytes.includes(undefined) ? [...encodeUtf8(token)] : (bytes as number[]); // just checked
}

function stripped(token: string, content: string, start: number, stop: number): string {
  const characters = [...token];
  let [first, end] = [0, characters.length];
  while (first < start && characters[first] === content) first++;
  while (characters.length - end < stop && end > first && characters[end - 1] === content) end--;
  return characters.slice(first, end).join("");
}

/** What stands apart in tokens and not in English texts. */
const CLEANING: readonly (readonly [string, string])[] = [
  [" .", "."],
  [" ?", "?"],
  [" !", "!"],
  [" ,", ","],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" do not", " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

function cleaned(text: string): string {
  return CLEANING.reduce((given, [from, to]) => given.replaceAll(from, to), text);
}
