import { encodeUtf8 } from "@hookdict/tensordict/io";
import type { JsonObject } from "../tokenizer-json.ts";
import { BYTE_CHARACTERS, mergeByteTokens } from "./bytes.ts";
import { characterIn, countIn, flagIn, listIn, makerOf, textIn } from "./fields.ts";
import { patternOf } from "./pattern.ts";
import { decodeLossily } from "./platform.ts";
import { prependScheme } from "./pre-tokenizers.ts";

/** Makes of tokens the pieces of a text. */
export type Decoder = (tokens: readonly string[]) => readonly string[];

/** By their type in tokenizer.json: each is made once, of its part of the file, and throws where that cannot be. */
const DECODERS: Readonly<Record<string, (config: JsonObject) => Decoder>> = {
  BPEDecoder: (config) => {
    const suffix = textIn(config, "suffix", "</w>");
    return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? "" : " "));
  },
  ByteFallback: () => mergeByteTokens,
  ByteLevel: (config) => {
    for (const name of ["add_prefix_space", "trim_offsets", "use_regex"]) flagIn(config, name, true);
    return (tokens) => [decodeLossily(tokens.flatMap(bytesOf))];
  },
  CTC: ctc,
  Fuse: () => (tokens) => [tokens.join("")],
  Metaspace: (config) => {
    const space = characterIn(config, "replacement", "▁");
    const isPrefixed = prependScheme(config) !== "never";
    flagIn(config, "split", true); // read nowhere, but said to be one
    return (tokens) => tokens.map((token, i) => token.replaceAll(space, i === 0 && isPrefixed ? "" : " "));
  },
  Replace: (config) => {
    const pattern = patternOf(config["pattern"]);
    const content = textIn(config, "content", "");
    return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
  },
  Sequence: (config) => {
    const steps = listIn(config, "decoders").map(stepOf);
    return (tokens) => steps.reduce((pieces, step) => step(pieces), tokens);
  },
  Strip: (config) => {
    const content = characterIn(config, "content", " ");
    const [start, stop] = [countIn(config, "start", 0), countIn(config, "stop", 0)];
    return (tokens) => tokens.map((token) => stripped(token, content, start, stop));
  },
  WordPiece: (config) => {
    const prefix = textIn(config, "prefix", "##");
    const isCleaned = flagIn(config, "cleanup", true);
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
  const { make, fields } = makerOf(DECODERS, config, "decoder");
  return make(fields);
}

/** Frames of speech: what is repeated is one token. */
function ctc(config: JsonObject): Decoder {
  const pad = textIn(config, "pad_token", "<pad>");
  const delimiter = textIn(config, "word_delimiter_token", "|");
  const isCleaned = flagIn(config, "cleanup", true);
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
