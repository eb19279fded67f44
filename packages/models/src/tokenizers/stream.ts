import { encodeUtf8 } from "@hookdict/tensordict/io";
import { tokenText } from "../tokenizer-json.ts";
import { type Aligned, prependAligned, type Span } from "./aligned.ts";
import { BYTE_CHARACTERS } from "./bytes.ts";

/** How a pre-tokenizer writes texts, besides cutting them. */
export interface Writing {
  /** Each byte as a character. */
  readonly isByteLevel: boolean;
  /** What stands for a space. */
  readonly space: string | undefined;
}

/** Reads from tokenizer.json how its pre-tokenizer writes texts. */
export function writingOf(config: unknown): Writing {
  const parts = flatten(config);
  const metaspace = parts.find((part) => part["type"] === "Metaspace");
  return {
    isByteLevel: parts.some((part) => part["type"] === "ByteLevel"),
    space: metaspace === undefined ? undefined : (tokenText(metaspace["replacement"]) ?? "▁"),
  };
}

/** The text as pieces are cut from it, a space in front where `pieces` have one more than the text. */
export function streamOf(from: Aligned, pieces: readonly string[], { isByteLevel, space }: Writing): Aligned {
  const written = isByteLevel ? asBytes(from) : space === undefined ? from : spaced(from, space);
  const front = isByteLevel ? (BYTE_CHARACTERS[32] ?? " ") : space;
  const first = pieces[0] ?? "";
  const isAdded =
    front !== undefined &&
    first.startsWith(front) &&
    (!written.text.startsWith(front) || pieces.join("").length > written.text.length);
  return isAdded ? prependAligned(written, front) : written;
}

function asBytes(from: Aligned): Aligned {
  const spans: Span[] = [];
  let text = "";
  for (let at = 0; at < from.text.length;) {
    const character = String.fromCodePoint(from.text.codePointAt(at) ?? 0);
    for (const byte of encodeUtf8(character)) {
      text += BYTE_CHARACTERS[byte] ?? "";
      spans.push(from.spans[at] ?? [0, 0]);
    }
    at += character.length;
  }
  return { text, spans };
}

function spaced(from: Aligned, space: string): Aligned {
  return { text: from.text.replaceAll(" ", space), spans: from.spans };
}

function flatten(config: unknown): Record<string, unknown>[] {
  if (typeof config !== "object" || config === null) return [];
  const fields = config as Record<string, unknown>; // an object of a JSON file
  const { pretokenizers } = fields;
  return Array.isArray(pretokenizers) ? pretokenizers.flatMap((each) => flatten(each)) : [fields];
}
